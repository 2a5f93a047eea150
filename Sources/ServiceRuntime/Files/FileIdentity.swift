import Glibc

/// Tells a file from the one that took its place, also behind the symbolic links of a Kubernetes secret.
struct FileIdentity: Equatable, Sendable {
    private var device: UInt = 0
    private var inode: UInt = 0
    private var size = 0
    private var modified = Time()
    /// Changes with the rights of a file too: one that could not be read may be readable now.
    private var changed = Time()

    private struct Time: Equatable {
        var seconds = 0
        var nanoseconds = 0
    }

    /// Of no file when there is none.
    init(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        size = Int(status.st_size)
        modified = Time(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
        changed = Time(seconds: status.st_ctim.tv_sec, nanoseconds: status.st_ctim.tv_nsec)
    }
}
