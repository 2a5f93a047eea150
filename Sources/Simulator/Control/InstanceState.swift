/// Everything of the instance that commands and API calls change, one at a time.
struct InstanceState: Sendable {
    var tenant: Tenant
    var actions = ActionRegistry()
    var faults: FaultState
    /// Ids and signing keys of targets, apart from the tenant's, so that users have the same ids with and without.
    private var generator: SeededGenerator
    private var identifiers = IdentifierSource(after: 340_000_000_000_000_000)
    private let file: StoreFile?

    init(_ configuration: SimulatorConfiguration) throws(SimulatorError) {
        tenant = Tenant(seed: configuration.seed, clock: configuration.clock)
        faults = FaultState(seed: configuration.seed)
        generator = SeededGenerator(seed: configuration.seed ^ 0x5167_6E69_6E67_4B65)
        guard let path = configuration.storePath else {
            file = nil
            return
        }
        file = try StoreFile(path: path)
        for entry in try StoreFile.entries(path: path) { restore(entry) }
        // A second run must not give out the ids and keys of the first one again.
        let count = UInt64(tenant.store.events.count)
        tenant.generator = SeededGenerator(seed: configuration.seed ^ count << 32)
        if count > 0 { generator = SeededGenerator(seed: configuration.seed ^ count << 24) }
    }

    mutating func newTargetID() -> String { identifiers.next(using: &generator) }

    /// 36 letters and digits, as Zitadel's generator for signing keys.
    mutating func newSigningKey() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        return String((0..<36).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] })
    }

    func save(_ entries: [StoreFile.Entry]) throws(SimulatorError) { try file?.append(entries) }

    private mutating func restore(_ entry: StoreFile.Entry) {
        switch entry {
        case .event(let event): tenant.restore(event)
        case .target(let target):
            actions.set(target)
            identifiers.skip(target.id)
        case .targetRemoved(let id): actions.removeTarget(id)
        case .execution(let execution): actions.set(execution)
        }
    }
}
