import Glibc

/// Keeps a second consumer away from an SQLite state, for as long as it lives.
///
/// SQLite itself would let two consumers write by turns. They would be right, but each would wait for the other's
/// batches. The kernel lets go of the lock when the process ends, however it ends; the file stays.
package final class SQLiteFileLock {
    private let descriptor: Int32

    /// - Parameters:
    ///   - path: of the state; the lock is a file beside it.
    ///   - live: the state whose owner is to have the lock, when it is another one.
    init(path: String, of live: String? = nil) throws(StateError) {
        let file = path + ".lock"
        // Never through a link: the folder is another user's when root runs a command.
        let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW
        let made = open(file, flags | O_CREAT | O_EXCL, 0o600)
        descriptor = made < 0 && errno == EEXIST ? open(file, flags) : made
        guard descriptor >= 0 else { throw .cannotOpen(path: file, reason: String(cString: strerror(errno))) }
        if made >= 0 { handToOwner(of: live ?? path) }
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
