import Glibc
import KafkaClient
import KafkaMockCluster
import TestSupport
import Testing

@Suite struct PromptAcceptTests {
    @Test("The mock cluster's end of every connection has TCP_NODELAY, without which answers can take 40 ms more")
    func acceptedConnections() async throws {
        let cluster = try KafkaMockCluster()
        let port = try #require(cluster.bootstrapServers.split(separator: ":").last.flatMap { UInt16($0) })
        let producer = try KafkaProducer(cluster)
        let reports = ReportCount()
        try producer.produce("x", to: producer.topic("t"), CountingReceiver(reports))
        try await producer.serve(until: 1, reports)
        let accepted = (0..<Int32(1024)).filter { isConnected($0, localPort: port) }
        #expect(!accepted.isEmpty)
        for descriptor in accepted { #expect(hasNoDelay(descriptor)) }
    }

    private func isConnected(_ descriptor: Int32, localPort: UInt16) -> Bool {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            guard getpeername(descriptor, pointer, &length) == 0 else { return false }
            length = socklen_t(bytes.count)
            guard getsockname(descriptor, pointer, &length) == 0 else { return false }
            let local = bytes.load(as: sockaddr_in.self)
            return local.sin_family == sa_family_t(AF_INET) && UInt16(bigEndian: local.sin_port) == localPort
        }
    }

    private func hasNoDelay(_ descriptor: Int32) -> Bool {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &value, &length) == 0 && value != 0
    }
}
