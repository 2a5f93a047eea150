import Glibc
import KafkaClient

/// Starts processes, all from one thread that lives as long as this process.
///
/// The kernel kills them when that thread ends (`PR_SET_PDEATHSIG`, which goes by the thread that started them), so
/// nothing is left running, however the tests end.
actor ProcessLauncher {
    static let shared = ProcessLauncher()

    private static let descriptorMax: Int32 = 1024

    private let executor = DedicatedThreadExecutor(name: "launcher")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - command: path and arguments.
    ///   - environment: all of it; nothing of ours is inherited.
    func launch(
        _ command: [String], environment: [String: String], output: String, errors: String
    ) throws(LaunchError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        // A socket of these tests that lived on in a program would keep its peer waiting. None open there is no error.
        for descriptor in 3..<Self.descriptorMax { posix_spawn_file_actions_addclose(&actions, descriptor) }
        let arguments = CStrings(["/usr/bin/setpriv", "--pdeathsig", "KILL"] + command)
        let variables = CStrings(environment.map { "\($0.key)=\($0.value)" })
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/usr/bin/setpriv", &actions, nil, arguments.pointers, variables.pointers)
        guard code == 0 else { throw LaunchError(command: command, reason: String(cString: strerror(code))) }
        return pid
    }
}

package struct LaunchError: Error {
    let command: [String]
    let reason: String
}

/// A null-terminated array of C strings, freed with its owner.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
