import Logging
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import Testing

@Suite("Lifecycle")
struct LifecycleTests {
    private struct Failing: Service {
        struct Fault: Error {}
        let signingKey = "canary-signing-key"
        func run() async throws { throw Fault() }
    }

    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    @Test("What a service throws comes out, and no log line holds what the service holds")
    func failure() async {
        let lines = Lines()
        let output = LogOutput(format: .json, level: .trace) { line in lines.all.withLock { $0.append(line) } }
        await #expect(throws: Failing.Fault.self) {
            try await runServices([Failing()], logger: output.logger("test"))
        }
        let text = lines.all.withLock { $0.joined() }
        #expect(text.contains("Failing"))
        #expect(!text.contains("canary"))
    }
}
