import Foundation
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

    @Test("A child process that still has the listener for a moment does not lose the broker its port")
    func heldBesideAChild() async throws {
        let cluster = try KafkaMockCluster()
        let port = try #require(UInt16(cluster.bootstrapServers.split(separator: ":").last ?? ""))
        let listener = try #require(descriptors(listeningOn: port).first)
        // What a fork does until its exec.
        let inherited = dup(listener)
        let child = Thread { [self] in
            while descriptors(listeningOn: port).contains(where: { $0 != inherited }) { sched_yield() }
            close(inherited)
        }
        child.start()
        cluster.setBroker(up: false)
        #expect(!canBind(port))
        cluster.setBroker(up: true)
        #expect(!descriptors(listeningOn: port).isEmpty)
    }

    private func descriptors(listeningOn port: UInt16) -> [Int32] {
        (0..<Int32(1024)).filter { descriptor in
            var listens: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens == 1 else {
                return false
            }
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            }
            return result == 0 && address.sin_port == port.bigEndian
        }
    }
}
