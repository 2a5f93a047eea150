import Foundation
import KafkaClient
import TestSupport
import Testing

@Suite struct DevBrokerTests {
    /// The program, built next to these tests.
    private static let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("kafka-dev-broker")

    private struct Ready: Decodable { let bootstrap: String }

    @Test("It says where it listens, takes records and stops with 0", arguments: [SIGTERM, SIGINT])
    func lifecycle(signal: Int32) async throws {
        let (process, output) = try start(["--topic", "mine:3", "--topic", "other"])
        let line = try #require(firstLine(of: output))
        let ready = try JSONDecoder().decode(Ready.self, from: Data(line.utf8))
        let producer = try KafkaProducer(
            KafkaConfiguration(bootstrapServers: ready.bootstrap, clientID: "test"), logger: .silent, observer: nil)
        let reports = ReportCount()
        try producer.produce("x", to: producer.topic("mine"), CountingReceiver(reports))
        try await producer.serve(until: 1, reports)
        #expect(reports.failures.isEmpty)
        let admin = KafkaAdmin(producer.handle, logger: .silent)
        #expect(try await admin.ensureTopic("mine", partitions: 9, timeout: .seconds(5)) == .exists(partitions: 3))
        #expect(try await admin.ensureTopic("other", partitions: 9, timeout: .seconds(5)) == .exists(partitions: 1))
        kill(process.processIdentifier, signal)
        try await eventually("its end") { !process.isRunning }
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 0)
    }

    @Test(
        "Wrong usage exits with 2, help with 0",
        arguments: [
            (["--nonsense"], 2), (["--topic", "a b"], 2), (["--topic", "t:0"], 2), (["--topic", "t:1:2"], 2),
            (["--brokers", "0"], 2), (["--rtt", "-1"], 2), (["--topic", "t", "--topic", "t"], 2), (["--help"], 0),
        ])
    func usage(arguments: [String], status: Int) async throws {
        let (process, _) = try start(arguments)
        try await eventually("its end") { !process.isRunning }
        #expect(Int(process.terminationStatus) == status)
    }

    @Test("With --die-with-parent it does not outlive who started it")
    func diesWithParent() async throws {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "\"$0\" --die-with-parent & echo $!; wait", Self.program.path]
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let id = try #require(firstLine(of: pipe))
        // Ready, so it knows its parent.
        #expect(firstLine(of: pipe)?.contains("bootstrap") == true)
        kill(process.processIdentifier, SIGKILL)
        try await eventually("the end of the broker") {
            // Empty once it is a zombie that nobody has waited for yet.
            ((try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(id)/cmdline"))) ?? Data()).isEmpty
        }
    }

    private func start(_ arguments: [String]) throws -> (Process, Pipe) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = Self.program
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, pipe)
    }

    /// The next line, read byte by byte so that nothing after it is taken.
    private func firstLine(of pipe: Pipe) -> String? {
        var line = ""
        while let byte = try? pipe.fileHandleForReading.read(upToCount: 1)?.first {
            if byte == UInt8(ascii: "\n") { return line }
            line.unicodeScalars.append(Unicode.Scalar(byte))
        }
        return nil
    }
}
