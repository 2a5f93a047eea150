import Glibc
package import Hummingbird
package import Logging
package import NIOCore
import ServiceLifecycle
import Synchronization

/// A Hummingbird application as a service that says clearly when it cannot listen.
package final class HTTPService<Responder: HTTPResponder>: Service
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    /// What listens, in log lines and errors, such as `ops listener`.
    private let name: String
    private let address: SocketAddress
    /// The setting or flag to change when the address does not work.
    private let setting: String
    private let responder: Responder
    private let logger: Logger
    private let message: Logger.Message
    private let channelHandlers: @Sendable () -> [any RemovableChannelHandler]
    private let onListening: @Sendable (SocketAddress) -> Void
    private let port = Atomic<Int>(0)

    /// - Parameters:
    ///   - message: logged when it listens.
    ///   - channelHandlers: added to each connection, between HTTP and the responder.
    package init(
        name: String, address: SocketAddress, setting: String, responder: Responder, logger: Logger,
        message: Logger.Message = "Listening",
        channelHandlers: @escaping @Sendable () -> [any RemovableChannelHandler] = { [] },
        onListening: @escaping @Sendable (SocketAddress) -> Void = { _ in }
    ) {
        self.name = name
        self.address = address
        self.setting = setting
        self.responder = responder
        self.logger = logger
        self.message = message
        self.channelHandlers = channelHandlers
        self.onListening = onListening
    }

    /// The address with the port that is in use; `nil` before it listens.
    package var boundAddress: SocketAddress? {
        let port = port.load(ordering: .acquiring)
        return port == 0 ? nil : SocketAddress(host: address.host, port: port)
    }

    /// - Throws: `ListenError` when the address cannot be used.
    package func run() async throws {
        // Hummingbird reports each start and stop as information; our own line says which listener it is.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let channelHandlers = channelHandlers
        let application = Application(
            responder: responder,
            server: .http1(
                configuration: .init(additionalChannelHandlers: channelHandlers(), idleTimeout: .seconds(60))),
            configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { [self] channel in listening(on: channel.localAddress?.port ?? address.port) },
            logger: quiet)
        do {
            try await application.run()
        } catch  where boundAddress == nil && !(error is CancellationError) {
            throw ListenError(name: name, address: address, setting: setting, error: error)
        }
    }

    private func listening(on port: Int) {
        self.port.store(port, ordering: .releasing)
        let address = SocketAddress(host: address.host, port: port)
        logger.info(message, metadata: [LogKey.address: "\(address)", "listener": "\(name)"])
        onListening(address)
    }
}

/// A listener could not start.
package struct ListenError: Error, Equatable, CustomStringConvertible {
    package let name: String
    package let address: SocketAddress
    package let setting: String
    package let reason: String

    package init(name: String, address: SocketAddress, setting: String, reason: String) {
        self.name = name
        self.address = address
        self.setting = setting
        self.reason = reason
    }

    /// - Parameter error: of the bind.
    package init(name: String, address: SocketAddress, setting: String, error: any Error) {
        self.init(name: name, address: address, setting: setting, reason: Self.reason(error))
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: "the address is already in use"
        case EACCES: "this user may not listen there"
        case EADDRNOTAVAIL: "this machine does not have the address"
        default: "\(error)"
        }
    }

    package var description: String { "\(name) cannot listen on \(address) (\(setting)): \(reason)" }
}
