import ServiceRuntime
import Synchronization

/// The clock of the simulated instance, which a fault can put ahead: creation dates, signatures and the `Date` of
/// answers are off together, as they are on a machine whose clock is wrong.
final class ClockSkew: Sendable {
    private let base: WallClock
    private let microseconds = Atomic<Int64>(0)

    init(_ base: WallClock) {
        self.base = base
    }

    var clock: WallClock { WallClock { [self] in base.microseconds() + microseconds.load(ordering: .relaxed) } }

    func set(seconds: Int) { microseconds.store(Int64(seconds) * 1_000_000, ordering: .relaxed) }
}
