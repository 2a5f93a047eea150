import ArgumentParser
import Glibc

@main enum DevBrokerMain {
    /// Exit code of wrong usage, as in every program of ours.
    private static let usageExitCode: Int32 = 2

    static func main() {
        do {
            let command = try DevBrokerCommand.parse()
            try command.run()
        } catch {
            guard DevBrokerCommand.exitCode(for: error) == .validationFailure else {
                DevBrokerCommand.exit(withError: error)
            }
            writeLine(DevBrokerCommand.fullMessage(for: error), to: 2)
            exit(usageExitCode)
        }
    }
}

/// Writes a line at once, unbuffered: whoever started this process waits for it.
///
/// - Parameter descriptor: 1 for standard output, 2 for standard error.
func writeLine(_ line: String, to descriptor: Int32) {
    var line = line + "\n"
    line.withUTF8 { _ = write(descriptor, $0.baseAddress, $0.count) }
}
