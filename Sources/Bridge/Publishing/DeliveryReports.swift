import Glibc
import KafkaClient
import NIOCore
import NIOPosix

/// Hands out delivery reports on an event loop, woken by librdkafka through a pipe: no thread, no timer, and one
/// wake-up for many reports.
struct DeliveryReports {
    private let producer: KafkaProducer
    private let channel: any Channel
    private let writeEnd: Int32

    /// Begins serving the producer's events on the loop.
    static func serve(_ producer: KafkaProducer, on loop: any EventLoop) async throws -> DeliveryReports {
        var ends: (Int32, Int32) = (0, 0)
        let code = withUnsafeMutableBytes(of: &ends) { pipe($0.bindMemory(to: Int32.self).baseAddress) }
        guard code == 0 else { throw IOError(errnoCode: errno, reason: "pipe") }
        // librdkafka must never wait for us: a full pipe means that a wake-up is due anyway.
        _ = fcntl(ends.1, F_SETFL, O_NONBLOCK)
        let channel = try await NIOPipeBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ReportHandler(producer))
                }
            }
            .takingOwnershipOfDescriptor(input: ends.0).get()
        producer.enableWakeup(fileDescriptor: ends.1)
        return DeliveryReports(producer: producer, channel: channel, writeEnd: ends.1)
    }

    /// Stops being woken. The producer must be closed already, or nobody hears of its records in flight.
    func close() async {
        producer.disableWakeup()
        Glibc.close(writeEnd)
        try? await channel.close()
    }
}

private final class ReportHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let producer: KafkaProducer

    init(_ producer: KafkaProducer) {
        self.producer = producer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // The bytes say only that something waits, and reading them empties the pipe.
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        producer.serveEvents()
    }
}
