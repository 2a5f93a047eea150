import Glibc
import KafkaMockCluster
import TestSupport
import Testing

@Suite("Ports of the mock cluster")
struct MockPortTests {
    /// Binds a socket as a server does that finds its port free.
    private func canBind(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    @Test("Nobody gets the port of a broker that is down")
    func held() async throws {
        let cluster = try KafkaMockCluster(brokers: 2)
        let ports = cluster.bootstrapServers.split(separator: ",").compactMap {
            UInt16($0.split(separator: ":").last ?? "")
        }
        #expect(ports.count == 2)
        cluster.setBroker(up: false)
        for port in ports { #expect(!canBind(port)) }
        cluster.setBroker(2, up: true)
        cluster.setBroker(up: true)
        for port in ports { #expect(!canBind(port)) }
    }
}
