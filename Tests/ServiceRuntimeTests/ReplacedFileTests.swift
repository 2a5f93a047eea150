import Foundation
import Glibc
import Logging
import Synchronization
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite("Files that are replaced while the program runs")
struct ReplacedFileTests {
    private final class Secrets: Sendable {
        private let secrets = Mutex<[String]>([])

        var all: [String] { secrets.withLock { $0 } }

        func add(_ secret: String) { secrets.withLock { $0.append(secret) } }
    }

    /// Calls the body with the path of a file, which is gone afterwards.
    private func withFile(_ body: (String) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "zkb-secret-\(UUID().uuidString)"
        defer { unlink(path) }
        try await body(path)
    }

    @Test("A file whose rights change is another one: it may be readable now")
    func rights() async throws {
        try await withFile { path in
            try "x".write(toFile: path, atomically: false, encoding: .utf8)
            let before = FileIdentity(path)
            #expect(FileIdentity(path) == before)
            // The clock of files does not tell apart what happens within some milliseconds.
            try await eventually("it is another one") {
                chmod(path, 0o640)
                return FileIdentity(path) != before
            }
        }
    }

    @Test("A secret replaced before the first look is taken, and the same one written again is no news")
    func secrets() async throws {
        try await withFile { path in
            try "second\n".write(toFile: path, atomically: true, encoding: .utf8)
            let secrets = Secrets()
            let file = SecretFile(
                path: path, name: "X_FILE", secret: "first", interval: .milliseconds(5),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { secrets.add($0) }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await file.run() }
                try await eventually("it is taken") { secrets.all == ["second"] }
                try "second".write(toFile: path, atomically: true, encoding: .utf8)
                try "third".write(toFile: path, atomically: true, encoding: .utf8)
                try await eventually("so is the next one") { secrets.all == ["second", "third"] }
                tasks.cancelAll()
            }
        }
    }
}
