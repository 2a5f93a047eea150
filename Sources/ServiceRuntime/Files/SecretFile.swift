package import Logging
import ServiceLifecycle
import Synchronization

/// A file that holds one secret and may be replaced while the program runs.
package final class SecretFile: Service {
    private struct Seen {
        /// Nil before the first look: the secret was read by somebody else, some time before.
        var file: FileIdentity?
        var secret: String
    }

    private let path: String
    private let name: String
    private let interval: Duration
    private let logger: Logger
    private let onChange: @Sendable (String) -> Void
    private let seen: Mutex<Seen>

    /// - Parameters:
    ///   - name: of the setting, for log lines.
    ///   - secret: what was read of the file at the start.
    ///   - interval: between two looks at the file.
    ///   - onChange: called with the new secret, never with an empty one.
    package init(
        path: String, name: String, secret: String, interval: Duration = .seconds(10), logger: Logger,
        onChange: @escaping @Sendable (String) -> Void
    ) {
        self.path = path
        self.name = name
        self.interval = interval
        self.logger = logger
        self.onChange = onChange
        seen = Mutex(Seen(secret: secret))
    }

    /// Looks at the file until graceful shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while (try? await Task.sleep(for: interval)) != nil { lookAgain() }
        }
    }

    private func lookAgain() {
        let now = FileIdentity(path)
        guard seen.withLock({ $0.file != now }) else { return }
        seen.withLock { $0.file = now }
        guard let secret = Self.read(path) else {
            return logger.error(
                "Secret file has changed and cannot be used; the old secret stays", metadata: [LogKey.key: "\(name)"])
        }
        let isNew = seen.withLock { seen in
            defer { seen.secret = secret }
            return seen.secret != secret
        }
        guard isNew else { return }
        onChange(secret)
        logger.info("Secret file read again", metadata: [LogKey.key: "\(name)"])
    }

    /// - Returns: nil for a file that is missing, empty, larger than 64 KiB or no UTF-8. One line end at its end is
    ///   cut.
    static func read(_ path: String) -> String? {
        guard let bytes = readSmallFile(path, sizeMax: sizeMax), var text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        if text.last?.isNewline == true { text.removeLast() }
        return text.isEmpty ? nil : text
    }

    static let sizeMax = 64 << 10
}
