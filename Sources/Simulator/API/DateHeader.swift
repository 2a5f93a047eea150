import Glibc
import NIOCore
import ServiceRuntime

/// Puts the instance's own time into the `Date` of each answer.
///
/// Hummingbird writes the machine's time over whatever a route says, so it is replaced in the bytes of the head.
final class DateHeader: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private static let name = "\r\ndate: "
    /// As in `Fri, 02 Jan 2026 03:04:05 GMT`.
    private static let size = 29

    private let clock: WallClock

    init(clock: WallClock) {
        self.clock = clock
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(var buffer) = unwrapOutboundIn(data) else {
            return context.write(data, promise: promise)
        }
        replaceDate(in: &buffer)
        context.write(wrapOutboundOut(.byteBuffer(buffer)), promise: promise)
    }

    private func replaceDate(in buffer: inout ByteBuffer) {
        let start = buffer.readerIndex
        guard buffer.getString(at: start, length: 7) == "HTTP/1.",
            let head = buffer.getString(at: start, length: min(buffer.readableBytes, 1024))?.lowercased(),
            let place = head.firstRange(of: Self.name)
        else { return }
        let offset = head.utf8.distance(from: head.startIndex, to: place.upperBound)
        guard offset + Self.size <= buffer.readableBytes else { return }
        buffer.setString(text, at: start + offset)
    }

    private var text: String {
        var seconds = time_t(clock.microseconds() / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: Self.size + 1)
        strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
        return String(decoding: text.prefix(Self.size).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Adds a `DateHeader` where bytes leave: the handlers that a server takes come before its encoder.
    final class Installer: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = NIOAny

        private let clock: WallClock

        init(clock: WallClock) {
            self.clock = clock
        }

        func handlerAdded(context: ChannelHandlerContext) {
            // Fails only on a channel that is closed already.
            try? context.pipeline.syncOperations.addHandler(DateHeader(clock: clock), position: .first)
        }
    }
}
