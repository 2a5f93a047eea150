import Glibc
import Synchronization

/// Ports for programs whose address has to be known before they start, or has to stay when they start again.
///
/// Outside of the range that the system gives out by itself, so that no connection of another test takes one.
package enum FreePort {
    private static let range = 20_000..<32_000
    /// Tests of other processes begin elsewhere.
    private static let latest = Mutex(range.lowerBound + Int(getpid()) * 37 % range.count)

    package static func next() -> Int {
        while true {
            let port = latest.withLock { latest in
                latest = latest + 1 < range.upperBound ? latest + 1 : range.lowerBound
                return latest
            }
            if isFree(port) { return port }
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = Loopback.socket()
        defer { close(descriptor) }
        return Loopback.call(descriptor, port: port) { bind($0, $1, $2) } == 0
    }
}
