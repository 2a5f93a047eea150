package import Foundation
import Synchronization

/// One of our programs as a process of its own, from the folder of this build.
///
/// Killed when its last reference goes; and by the kernel when this process ends first.
package final class ProcessUnderTest: Sendable {
    package enum Ending: Equatable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    package let name: String
    private let outputPath: String
    private let logPath: String
    private let pid: pid_t
    /// A pid that was waited for may be another process's by now: signals go out under this lock only.
    private let ended = Mutex<Ending?>(nil)

    /// TEST_PROGRAMS, for programs of another build; else the folder of the executable that runs the tests.
    private static let buildFolder =
        ProcessInfo.processInfo.environment["TEST_PROGRAMS"].map { URL(fileURLWithPath: $0) }
        ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    /// - Parameters:
    ///   - environment: the program's settings; it gets nothing else but what a process needs to start.
    ///   - wrapper: a command that prepares the surroundings and becomes the program, which is appended to it.
    ///   - folder: where its output goes, in files named after `label`.
    package static func start(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
        wrapper: [String] = [], in folder: URL, label: String? = nil
    ) async throws -> ProcessUnderTest {
        let own = ProcessInfo.processInfo.environment
        var all = environment
        for name in ["PATH", "HOME", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"] {
            all[name] = own[name]
        }
        let name = label ?? program
        let outputPath = folder.appendingPathComponent("\(name).out").path
        let logPath = folder.appendingPathComponent("\(name).log").path
        let pid = try await ProcessLauncher.shared.launch(
            wrapper + [buildFolder.appendingPathComponent(program).path] + arguments, environment: all,
            output: outputPath,
            errors: logPath)
        return ProcessUnderTest(name: name, outputPath: outputPath, logPath: logPath, pid: pid)
    }

    private init(name: String, outputPath: String, logPath: String, pid: pid_t) {
        self.name = name
        self.outputPath = outputPath
        self.logPath = logPath
        self.pid = pid
    }

    deinit {
        send(SIGKILL)
        ended.withLock { ended in
            if ended == nil { waitpid(pid, nil, 0) }
        }
    }

    package var output: String { Self.text(outputPath) }
    /// Standard error.
    package var log: String { Self.text(logPath) }

    /// How often the log says something; quick also where it has many megabytes.
    package func logCount(of text: String) -> Int {
        let log = FileManager.default.contents(atPath: logPath) ?? Data()
        var (count, start) = (0, log.startIndex)
        while let place = log.range(of: Data(text.utf8), in: start..<log.endIndex) {
            count += 1
            start = place.upperBound
        }
        return count
    }

    /// Where a file is that has this path for the process, which may have mounts of its own.
    package func outside(_ path: String) -> String { "/proc/\(pid)/root\(path)" }

    package func send(_ signal: Int32) {
        ended.withLock { ended in
            if ended == nil { ended = reap() }
            if ended == nil { kill(pid, signal) }
        }
    }

    /// How it ended; nil while it runs.
    package var ending: Ending? {
        ended.withLock { ended in
            if ended == nil { ended = reap() }
            return ended
        }
    }

    /// Waits for its end, and kills it when it does not come in time.
    package func untilEnd(within timeout: Duration = .seconds(15)) async throws -> Ending {
        var found: Ending?
        do {
            try await eventually(within: timeout, "\(name) ends") {
                found = ending
                return found != nil
            }
        } catch {
            send(SIGKILL)
            throw error
        }
        return found ?? .exited(-1)
    }

    /// Asks it to stop as a supervisor does.
    package func terminate(within timeout: Duration = .seconds(15)) async throws -> Ending {
        send(SIGTERM)
        return try await untilEnd(within: timeout)
    }

    /// Ends it without a chance to finish anything.
    package func kill9() async throws {
        send(SIGKILL)
        _ = try await untilEnd()
    }

    /// The text between `start` and `end` at its first place in the log or the output, once it is there.
    package func said(
        after start: String, upTo end: String, within timeout: Duration = .seconds(30)
    ) async throws -> String {
        var found: String?
        try await eventually(within: timeout, "\(name) says \(start)") {
            if let ending { throw EndedEarly(name: name, ending: ending, log: String(log.suffix(2000))) }
            for text in [output, log] {
                guard let place = text.range(of: start),
                    let rest = text.range(of: end, range: place.upperBound..<text.endIndex)
                else { continue }
                found = String(text[place.upperBound..<rest.lowerBound])
            }
            return found != nil
        }
        return found ?? ""
    }

    private func reap() -> Ending? {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        return status & 0x7F == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: status & 0x7F)
    }

    private static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// A process ended while something was still expected of it.
package struct EndedEarly: Error {
    let name: String
    let ending: ProcessUnderTest.Ending
    let log: String
}

/// A folder for one test, removed with its last reference.
package final class TemporaryFolder: Sendable {
    package let url: URL

    package init() throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let base =
            FileManager.default.isWritableFile(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
        url = base.appendingPathComponent("zkb-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    package func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
