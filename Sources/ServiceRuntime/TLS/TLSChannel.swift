import HummingbirdCore
import Logging
import NIOCore

/// Hummingbird's HTTP/1 behind TLS whose certificate can be renewed; `HummingbirdTLS` keeps its first one.
struct TLSChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let tls: ListenerTLS

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(tls.makeHandler()) }
            .flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
