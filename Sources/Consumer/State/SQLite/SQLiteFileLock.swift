import Glibc

/// Keeps a second consumer away from an SQLite state, for as long as it lives.
///
/// SQLite itself would let two consumers write by turns. They would be right, but each would wait for the other's
/// batches. The kernel lets go of the lock when the process ends, however it ends; the file stays.
package final class SQLiteFileLock {
    private let descriptor: Int32

    /// - Parameter path: of the state; the lock is a file beside it.
    init(path: String) throws(StateError) {
        descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .cannotOpen(path: path + ".lock", reason: String(cString: strerror(errno)))
        }
        handToOwner(of: path)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(descriptor)
            close(descriptor)
            throw .inUse(path: path, process: holder)
        }
        // For the message of the one that comes second; the lock holds without it.
        let name = Array("\(getpid())".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, name, name.count, 0)
    }

    deinit { close(descriptor) }

    /// A command run as root would else leave a lock that the consumer's own user cannot open.
    private func handToOwner(of path: String) {
        var state = stat()
        guard geteuid() == 0, stat(path, &state) == 0 else { return }
        fchown(descriptor, state.st_uid, state.st_gid)
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : "unknown"
    }
}
