import Foundation
import Glibc

/// A PostgreSQL server of this test process: in memory, on a socket in its own folder, gone with the process.
///
/// Its locale sorts otherwise than by bytes, as that of many servers does.
package final class PostgresCluster: Sendable {
    /// Started by the first test that asks.
    package static let shared = PostgresCluster()

    package let folder: String

    /// A user that may log in with a password only; trusted ones are `postgres` and whoever tests create.
    package static let passwordUser = "guarded"

    /// - Parameter searchPath: the schema that names without one mean; the server calls the connection so too.
    package func url(user: String = "postgres", password: String? = nil, searchPath: String? = nil) -> String {
        let password = password.map { ":\($0)" } ?? ""
        let options = searchPath.map { "&options=-csearch_path%3D\($0)&application_name=\($0)" } ?? ""
        return "postgresql://\(user)\(password)@/postgres?host=\(folder)\(options)"
    }

    private init() {
        let bin = Self.programs()
        let base = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        folder = "\(base)/zkb-pg-\(getpid())"
        let supervisor = Process()
        // PostgreSQL refuses to run as root.
        let asUser = getuid() == 0 ? ["/usr/sbin/runuser", "-u", "nobody", "--"] : ["/usr/bin/env"]
        let command = asUser + ["/bin/sh", "-c", Self.script, "cluster", folder, bin]
        supervisor.executableURL = URL(fileURLWithPath: command[0])
        supervisor.arguments = Array(command.dropFirst())
        supervisor.currentDirectoryURL = URL(fileURLWithPath: "/")
        let (input, output) = (Pipe(), Pipe())
        supervisor.standardInput = input
        supervisor.standardOutput = output
        // Held by nobody else and never closed: the supervisor sees its end when this process is gone, however.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        _ = Unmanaged.passRetained(input.fileHandleForWriting)
        do { try supervisor.run() } catch { preconditionFailure("the PostgreSQL server does not start: \(error)") }
        let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        precondition(answer == "ready\n", "PostgreSQL does not start, see standard error; ./dev install installs it")
    }

    /// The newest of Debian's versions; elsewhere whatever is on the path.
    private static func programs() -> String {
        let debian = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? []
        return versions.compactMap(Int.init).max().map { "\(debian)/\($0)/bin/" } ?? ""
    }

    private static let script = """
        set -e
        umask 077
        mkdir "$1"
        trap 'rm -rf "$1"' EXIT
        "$2initdb" -D "$1/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en \
            --no-sync --no-instructions >"$1/initdb.log" 2>&1 || { cat "$1/initdb.log" >&2; exit 1; }
        printf 'local all \(passwordUser) scram-sha-256\\nlocal all all trust\\n' >"$1/data/pg_hba.conf"
        "$2pg_ctl" -D "$1/data" -w -l "$1/log" start -o "-k $1 -c listen_addresses= -c fsync=off \
            -c max_connections=100" >/dev/null || { cat "$1/log" >&2; exit 1; }
        echo ready
        exec >/dev/null
        cat >/dev/null || true
        "$2pg_ctl" -D "$1/data" -m immediate stop
        """
}
