/// A signing key that requests may be signed with.
struct AcceptedKey: Hashable, Sendable {
    /// A secret.
    let text: String
    /// nil as long as it is configured, or the target's own.
    let expiresAt: ContinuousClock.Instant?
}

extension AcceptedKey: CustomStringConvertible, CustomDebugStringConvertible {
    var description: String { "AcceptedKey(expiresAt: \(expiresAt.map { "\($0)" } ?? "never"))" }
    var debugDescription: String { description }
}

/// The signing keys that are accepted now: those of the settings, those of our target, and those it had lately.
///
/// Zitadel signs a queued call with the key of the moment it was queued and keeps it for up to 5 minutes
/// (`Executions.MaxTtl`), so a key stays accepted for a while after the target has another.
struct KeyRing: Equatable, Sendable {
    /// How long Zitadel keeps a call in its queue.
    static let queueLifetime = Duration.seconds(300)
    /// Replaced keys kept at most, because each costs an HMAC for a request that no key matches. The oldest go first.
    static let retiredMax = 8

    private let configured: [String]
    private let retention: Duration
    private var current: [String] = []
    /// Oldest first.
    private var retired: [AcceptedKey] = []

    /// - Parameters:
    ///   - configured: keys of `ZITADEL_SIGNING_KEY`, which never expire.
    ///   - tolerance: how far the stamp of a signature may be off.
    init(configured: [String], tolerance: Duration) {
        self.configured = configured
        retention = Self.queueLifetime + tolerance
    }

    /// Each key once.
    var accepted: [AcceptedKey] {
        var texts = Set<String>()
        let lasting = (configured + current).map { AcceptedKey(text: $0, expiresAt: nil) }
        return (lasting + retired).filter { !$0.text.isEmpty && texts.insert($0.text).inserted }
    }

    /// When the next key stops being accepted.
    var nextExpiry: ContinuousClock.Instant? { retired.compactMap(\.expiresAt).min() }

    /// The target has exactly these keys now.
    ///
    /// - Returns: whether one of them was not accepted before, so that requests may have been refused.
    mutating func learned(_ keys: [String], at now: ContinuousClock.Instant) -> Bool {
        let known = Set(accepted.map(\.text))
        for key in current where !keys.contains(key) {
            retired.append(AcceptedKey(text: key, expiresAt: now + retention))
        }
        retired.removeAll { keys.contains($0.text) }
        retired.removeFirst(max(0, retired.count - Self.retiredMax))
        current = keys
        return keys.contains { !$0.isEmpty && !known.contains($0) }
    }

    /// - Returns: whether a key is not accepted any more.
    mutating func expire(at now: ContinuousClock.Instant) -> Bool {
        let count = retired.count
        retired.removeAll { $0.expiresAt.map { $0 <= now } ?? false }
        return retired.count < count
    }
}
