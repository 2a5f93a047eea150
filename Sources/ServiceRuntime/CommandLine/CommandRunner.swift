package import ArgumentParser
import Glibc

/// Runs a command line and ends the process with 0 (done), 1 (failed) or 2 (wrong usage or configuration).
package enum CommandRunner {
    /// The version that `--version` prints.
    package static let version = "0.1.0"

    /// - Parameter name: stands before each line of an error, as in `zitadel-bridge: …`.
    package static func main(
        _ root: any ParsableCommand.Type, name: String, arguments: [String] = Array(CommandLine.arguments.dropFirst())
    ) async -> Never {
        let outcome = await run(root, name: name, arguments: arguments)
        writeAll(outcome.output, to: STDOUT_FILENO)
        writeAll(outcome.errors, to: STDERR_FILENO)
        exit(outcome.status)
    }

    /// What a run leaves behind for the shell.
    package struct Outcome: Equatable {
        package var status: Int32
        package var output = ""
        package var errors = ""
    }

    package static func run(
        _ root: any ParsableCommand.Type, name: String, arguments: [String]
    ) async -> Outcome {
        do {
            var command = try root.parseAsRoot(SettingsArguments.ordered(arguments))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return Outcome(status: 0)
        } catch {
            return outcome(of: error, root: root, name: name)
        }
    }

    private static func outcome(of error: any Error, root: any ParsableCommand.Type, name: String) -> Outcome {
        if let error = error as? ConfigurationError {
            return Outcome(status: 2, errors: lines(error.description, name: name))
        }
        if let code = error as? ExitCode {
            return Outcome(status: code.rawValue)
        }
        let code = root.exitCode(for: error)
        if code == .success {
            return Outcome(status: 0, output: root.fullMessage(for: error) + "\n")
        }
        if code == .validationFailure {
            let usage = "Try '\(name) --help'."
            return Outcome(status: 2, errors: lines(root.message(for: error), name: name) + usage + "\n")
        }
        return Outcome(status: 1, errors: lines("\(error)", name: name))
    }

    private static func lines(_ text: String, name: String) -> String {
        text.split(separator: "\n").map { "\(name): \($0)\n" }.joined()
    }
}

/// The data of a command goes here, past every buffer.
package func writeToStandardOutput(_ text: String) {
    writeAll(text, to: STDOUT_FILENO)
}

/// What a person watches goes here, such as progress.
package func writeToStandardError(_ text: String) {
    writeAll(text, to: STDERR_FILENO)
}

/// Writes to the end, or gives up when nobody reads any more.
func writeAll(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
}

private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN {
            var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&request, 1, 1000) > 0 else { return }
            continue
        }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}
