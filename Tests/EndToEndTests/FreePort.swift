import Glibc
import Synchronization

/// Ports for programs whose address has to be known before they start, or has to stay when they start again.
///
/// Outside of the range that the system gives out by itself, so that no connection of another test takes one.
enum FreePort {
    private static let range = 20_000..<32_000
    /// Tests of other processes begin elsewhere.
    private static let latest = Mutex(range.lowerBound + Int(getpid()) * 37 % range.count)

    static func next() -> Int {
        while true {
            let port = latest.withLock { latest in
                latest = latest + 1 < range.upperBound ? latest + 1 : range.lowerBound
                return latest
            }
            if isFree(port) { return port }
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
