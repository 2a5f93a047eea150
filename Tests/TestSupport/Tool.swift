package import Foundation
import Glibc

/// A command of the system, run to its end: `openssl`, `curl`.
package enum Tool {
    package struct Result: Sendable {
        package let status: Int32
        package let output: String
        package let errors: String
    }

    /// - Parameter command: path and arguments.
    package static func run(_ command: [String], in folder: URL) async throws -> Result {
        let files = ["out", "err"].map { folder.appendingPathComponent("\(UUID().uuidString).\($0)").path }
        let own = ProcessInfo.processInfo.environment
        let pid = try await ProcessLauncher.shared.launch(
            command, environment: own.filter { $0.key == "PATH" || $0.key == "HOME" }, output: files[0],
            errors: files[1])
        var status: Int32 = 0
        try await eventually(within: .seconds(30), "\(command[0]) ends") { waitpid(pid, &status, WNOHANG) == pid }
        let texts = files.map { String(decoding: FileManager.default.contents(atPath: $0) ?? Data(), as: UTF8.self) }
        return Result(status: status >> 8, output: texts[0], errors: texts[1])
    }
}
