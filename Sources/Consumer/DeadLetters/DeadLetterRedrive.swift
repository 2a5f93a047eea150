import KafkaClient
import ServiceRuntime

/// Publishes dead letters to the topic of the events again, and marks them in their own topic.
///
/// The mark comes after the acknowledgement: what is interrupted between the two is published twice, and applied once.
struct DeadLetterRedrive: Sendable {
    enum Outcome: Equatable {
        case redriven
        case alreadyDone(at: String)
        case unreadable(reason: String)
    }

    let producer: KafkaProducer
    let eventTopic: String
    let deadLetterTopic: String
    let clock: WallClock

    /// What would come of a letter. Publishes nothing.
    func preview(_ letter: StoredLetter) -> Outcome {
        if let time = letter.redrivenAt { return .alreadyDone(at: time) }
        do throws(StoredLetter.Unreadable) {
            try letter.check(for: eventTopic)
            return .redriven
        } catch {
            return .unreadable(reason: error.reason)
        }
    }

    /// Somebody must be serving the producer's events.
    func redrive(_ letter: StoredLetter) async throws -> Outcome {
        let outcome = preview(letter)
        do throws(PublishError) {
            switch outcome {
            case .alreadyDone: break
            case .unreadable(let reason): try await mark(letter, .attemptedAt, reason: reason)
            case .redriven:
                try await publish(letter.key, letter.value, letter.originalHeaders, to: eventTopic)
                try await mark(letter, .redrivenAt, reason: nil)
            }
        } catch {
            throw DeadLetterError.notPublished(letter.place, reason: "\(error)")
        }
        return outcome
    }

    private func mark(_ letter: StoredLetter, _ event: DeadLetterHeader, reason: String?) async throws(PublishError) {
        var headers: [(DeadLetterHeader, String)] = [
            (.letter, "\(letter.place)"), (event, WallClock.rfc3339(clock.microseconds())),
            (.attempts, "\(letter.attempts + 1)"),
        ]
        if let reason { headers.append((.reason, reason)) }
        // An empty value, not null: a null one would be a tombstone of the letter in a compacted topic.
        try await publish(letter.key, [], headers.map { ($0.0.rawValue, Array($0.1.utf8)) }, to: deadLetterTopic)
    }

    private func publish(
        _ key: [UInt8]?, _ value: [UInt8]?, _ headers: [(String, [UInt8])], to topic: String
    ) async throws(PublishError) {
        guard let topic = try? producer.topic(topic) else { throw .topicMissing }
        try await producer.publish(to: topic, key: key, value: value, headers: headers)
    }
}
