import Foundation
import Glibc
import TestSupport

/// A file system in memory that only one process sees, mounted over a folder; gone with the process.
struct PrivateDisk: Sendable {
    /// Where it is mounted, for the process.
    let folder: String
    private let options: String
    /// What the process's shell does before it becomes the program.
    private let preparation: String

    /// Whether this machine lets us mount one: as root, or where anybody may have a name space of users.
    static let isPossible: Bool = {
        let probe = Process()
        probe.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        probe.arguments = [unshareFlags, "/bin/sh", "-c", "mount -t tmpfs tmpfs /mnt"]
        probe.standardError = FileHandle.nullDevice
        guard (try? probe.run()) != nil else { return false }
        probe.waitUntilExit()
        return probe.terminationStatus == 0
    }()

    private static let unshareFlags = geteuid() == 0 ? "-m" : "-rm"
    private static let size = 8 << 20

    /// - Parameter free: bytes that are left beside a file which fills the rest; nil for an empty disk.
    init(over folder: String, free: Int? = nil) {
        self.folder = folder
        options = "size=\(Self.size)"
        preparation = free.map { "head -c \(Self.size - $0) /dev/zero >\"$0/filler\"" } ?? ":"
    }

    private init(readOnly folder: String) {
        self.folder = folder
        options = "ro"
        preparation = ":"
    }

    static func readOnly(over folder: String) -> PrivateDisk { PrivateDisk(readOnly: folder) }

    /// For `ProcessUnderTest.start`.
    var wrapper: [String] {
        // Name spaces may take the kernel's promise away to end the process with its parent, so it is asked for again.
        let script =
            "mount -t tmpfs -o \(options) tmpfs \"$0\" && \(preparation) && exec setpriv --pdeathsig KILL \"$@\""
        return ["/usr/bin/unshare", Self.unshareFlags, "/bin/sh", "-c", script, folder]
    }

    /// Takes what space is left.
    func fill(of process: ProcessUnderTest) {
        let descriptor = open(process.outside(folder + "/filler"), O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
    }

    func removeFiller(of process: ProcessUnderTest) throws {
        try FileManager.default.removeItem(atPath: process.outside(folder + "/filler"))
    }
}
