import EventContract
import ServiceRuntime
import Synchronization
import ZitadelClient

/// What `/status` tells: instance, registration, polling and the events so far.
final class BridgeStatus: Sendable {
    private struct Known {
        var instance: ZitadelInstance?
        var registration: RegistrationState
    }

    private let metrics: BridgeMetrics
    private let clock: WallClock
    private let known: Mutex<Known>

    init(registration: RegistrationState, metrics: BridgeMetrics, clock: WallClock) {
        self.metrics = metrics
        self.clock = clock
        known = Mutex(Known(registration: registration))
    }

    func instanceKnown(_ instance: ZitadelInstance) {
        known.withLock { $0.instance = instance }
    }

    func registrationChanged(_ state: RegistrationState) {
        known.withLock { $0.registration = state }
    }

    /// - Parameter polling: nil when this bridge never polls.
    func json(polling: PollStatus?) -> String {
        let known = known.withLock { $0 }
        var output = JSONOutput()
        output.openObject()
        output.member("version", CommandRunner.version)
        output.member("time", WallClock.rfc3339(clock.microseconds()))
        if let instance = known.instance {
            output.name("zitadel")
            output.openObject()
            output.member("instance", instance.id)
            output.member("version", instance.version)
            output.closeObject()
        }
        output.name("registration")
        known.registration.write(to: &output)
        output.name("polling")
        if let polling { polling.write(to: &output, clock: clock) } else { output.raw("null") }
        writeEvents(&output)
        output.closeObject()
        return output.text
    }

    private func writeEvents(_ output: inout JSONOutput) {
        output.name("events")
        output.openObject()
        for path in EventPath.allCases {
            output.name(path.rawValue)
            output.openObject()
            for outcome in EventOutcome.allCases {
                let count = metrics.counted(outcome, path)
                if count > 0 || outcome == .published { output.member(outcome.metricValue, count) }
            }
            if let mean = metrics.meanMicrosecondsSinceCreated(path) {
                output.member("created_to_published_mean_ms", mean / 1000)
            }
            output.closeObject()
        }
        output.member("duplicates_in_topic", metrics.duplicatesInTopic.value)
        output.closeObject()
    }
}

extension PollStatus {
    /// Writes an object; times are RFC 3339, ages and durations whole milliseconds.
    func write(to output: inout JSONOutput, clock: WallClock) {
        output.openObject()
        output.member("elected", isElected)
        output.member("polling", isPolling)
        if let nextDue {
            let wait = ContinuousClock.now.duration(to: nextDue).components
            output.member("next_in_ms", max(0, wait.seconds * 1000 + wait.attoseconds / 1_000_000_000_000_000))
        }
        if isElected { writeCursor(&output, clock) }
        output.member("failures_in_a_row", failuresInARow)
        output.member("given_up", givenUp)
        output.member("gaps", gaps)
        if let latest {
            output.name("latest")
            latest.write(to: &output)
        }
        output.closeObject()
    }

    private func writeCursor(_ output: inout JSONOutput, _ clock: WallClock) {
        output.name("cursor")
        guard let oldest = oldestCursor else { return output.raw("null") }
        output.openObject()
        output.member("time", oldest.description)
        output.member("age_ms", (clock.microseconds() - oldest.microsecondsSinceEpoch) / 1000)
        if let sweep = cursor.lastSweep { output.member("last_sweep", sweep.description) }
        output.closeObject()
    }
}

extension PollReport {
    /// Writes an object; times are RFC 3339, durations whole milliseconds.
    func write(to output: inout JSONOutput) {
        output.openObject()
        output.member("path", path.rawValue)
        output.member("started_at", WallClock.rfc3339(startedAt))
        output.member("duration_ms", durationMicroseconds / 1000)
        output.member("waited_for_zitadel_ms", waitedMicroseconds / 1000)
        output.member("result", failure.map { "\($0)" } ?? "complete")
        output.member("questions", questions)
        output.member("events", eventsRead)
        output.member("published", published)
        output.member("duplicates", duplicates)
        output.member("withheld", withheld)
        output.member("incomplete", incomplete)
        output.member("malformed", malformed)
        if let clockOffset { output.member("clock_offset_ms", clockOffset / 1000) }
        output.member("held", heldCount)
        if heldCount > 0 { writeHeld(&output) }
        output.closeObject()
    }

    private func writeHeld(_ output: inout JSONOutput) {
        output.name("held_events")
        output.openArray()
        for event in held {
            output.openObject()
            output.member("id", event.id.description)
            output.member("time", event.createdAt.description)
            output.member("reason", event.reason.words)
            output.closeObject()
        }
        output.closeArray()
    }
}
