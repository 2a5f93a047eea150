import EventContract

/// What a person wants published again.
enum StreamRequest: Equatable {
    case all
    case user(UTF8Text)

    func mark(_ outbox: StreamOutbox) throws(StateError) {
        switch self {
        case .all: try outbox.mark(.all)
        case .user(let id): try outbox.mark(users: [id])
        }
    }

    /// The last user it has come to; nil once it is worked off.
    func place(_ outbox: StreamOutbox) throws(StateError) -> UTF8Text? {
        switch self {
        case .all:
            // Of all causes it is the first in order.
            guard let cause = try outbox.firstCause(), cause.cause == .all else { return nil }
            return cause.after
        case .user(let id): return try outbox.isMarked(id) ? id : nil
        }
    }

    /// How far that is, for a person. Counts users, so it is not for every round.
    func progress(_ outbox: StreamOutbox, at place: UTF8Text) throws(StateError) -> String {
        switch self {
        case .all: "\(try outbox.knownUsers(upTo: place)) of \(try outbox.knownUsers()) users"
        case .user: "not published yet"
        }
    }

    /// What publishing would come to, as text for a person. Changes nothing.
    func preview(_ configuration: ConsumerConfiguration) throws(StateError) -> String {
        let reader = try configuration.state.reader()
        let known: Int
        var lines = 0
        switch self {
        case .all:
            let outbox = StreamOutbox(
                try configuration.state.outboxDatabase(), groupsKey: configuration.groupsMetadataKey)
            known = Int(try outbox.knownUsers())
            try reader.forEachUser { (_) throws(StateError) in lines += 1 }
        case .user(let id):
            known = 1
            lines = try reader.user(id) == nil ? 0 : 1
        }
        return """
            Dry run: \(lines) lines and \(max(0, known - lines)) tombstones would be published to \
            \(configuration.stateTopic ?? "").

            """
    }
}

/// Why a request is not worked off.
enum StreamRequestFailure: Error, Equatable, CustomStringConvertible {
    case noProgress(reason: String)
    case leftOver(users: Int64)
    case topicMissing(String, reason: String)
    case stopped

    var description: String {
        switch self {
        case .noProgress(let reason):
            """
            nothing was published for \(StreamRequestRun.patience.components.seconds) s: \(reason). The request stays: \
            a consumer that runs with KAFKA_STATE_TOPIC goes on with it, and so does this command
            """
        case .leftOver(let users):
            """
            the state topic does not take the records of \(users) users; running consumers log the reason and go on \
            trying
            """
        case .topicMissing(let topic, let reason):
            "the topic \(topic) is missing and cannot be created (\(reason)): create it, compacted, by hand"
        case .stopped:
            """
            stopped before everything was published. The request stays: a consumer that runs with KAFKA_STATE_TOPIC \
            goes on with it, and so does this command
            """
        }
    }
}
