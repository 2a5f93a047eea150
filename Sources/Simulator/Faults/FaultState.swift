/// The faults in force, what is left of them, and the random numbers they use: the same seed gives the same run.
struct FaultState: Sendable {
    private(set) var faults = Faults()
    private var generator: SeededGenerator
    private var apiEnd: ContinuousClock.Instant?
    /// When the held pushes are committed.
    private(set) var commitDue: ContinuousClock.Instant?

    /// What becomes of the events of one command.
    struct CommandPlan {
        var isHeld = false
        var delivers = true
        var editor: String?
    }

    /// What becomes of one webhook call.
    struct DeliveryPlan {
        /// When each call is due, at once for nil; none when it is dropped.
        var calls: [Duration?]
    }

    init(seed: UInt64) {
        // Other numbers than those of the tenant, whose ids must not depend on faults.
        generator = SeededGenerator(seed: ~seed)
    }

    mutating func set(_ faults: Faults, now: ContinuousClock.Instant) throws(SimulatorError) {
        try faults.validate()
        if let milliseconds = faults.api?.milliseconds, faults.api != self.faults.api {
            apiEnd = now + .milliseconds(milliseconds)
        } else if faults.api?.milliseconds == nil {
            apiEnd = nil
        }
        self.faults = faults
    }

    mutating func commandBegins(now: ContinuousClock.Instant) -> CommandPlan {
        var plan = CommandPlan()
        if let late = faults.lateCommit, late.commands > 0 {
            plan.isHeld = true
            commitDue = now + .milliseconds(late.milliseconds)
            faults.lateCommit =
                late.commands == 1 ? nil : .init(commands: late.commands - 1, milliseconds: late.milliseconds)
        }
        if let silent = faults.noWebhook, silent.commands > 0 {
            plan.delivers = false
            plan.editor = silent.editor
            faults.noWebhook = silent.commands == 1 ? nil : .init(commands: silent.commands - 1, editor: silent.editor)
        }
        return plan
    }

    mutating func heldPushesCommitted() { commitDue = nil }

    mutating func deliveryQueued() -> DeliveryPlan {
        // Always the same count of random numbers, so that one fault does not change what another one hits.
        let isDropped = Double.random(in: 0..<1, using: &generator) < faults.drop
        let isDoubled = Double.random(in: 0..<1, using: &generator) < faults.duplicate
        let waits = (0..<2).map { _ in Double.random(in: 0..<1, using: &generator) }
        guard !isDropped else { return DeliveryPlan(calls: []) }
        return DeliveryPlan(calls: waits.prefix(isDoubled ? 2 : 1).map { delay($0) })
    }

    /// The fault of an API call, counted as one of its calls.
    mutating func apiCalled(_ path: String, now: ContinuousClock.Instant) -> Faults.APIFault? {
        guard var fault = faults.api, path.hasPrefix(fault.path ?? "") else { return nil }
        if let apiEnd, now >= apiEnd {
            faults.api = nil
            return nil
        }
        let current = fault
        if let calls = fault.calls {
            fault.calls = calls - 1
            faults.api = calls <= 1 ? nil : fault
            if calls <= 0 { return nil }
        }
        return current
    }

    private func delay(_ part: Double) -> Duration? {
        let milliseconds = Double(faults.delayMilliseconds) + Double(faults.reorderMilliseconds) * part
        return milliseconds > 0 ? .milliseconds(milliseconds) : nil
    }
}
