import FoundationEssentials

/// The JSON of `/status`, as `ConsumerStatus` writes it. A member that is not known yet is nil.
struct StatusDocument: Decodable {
    struct Partition: Decodable {
        var partition: Int
        var position: Int64?
        var lag: Int64?
    }

    struct StateTopic: Decodable {
        var topic: String
        var publishes: Bool
        var pendingUsers: Int64?
        var pendingCauses: Int64?
        var failure: String?
    }

    var topic: String
    var group: String
    var state: String
    /// By outcome, since the start of the process.
    var records: [String: Int]
    var lastAppliedAt: String?
    var newestEventTime: String?
    var lag: Int64?
    var partitions: [Partition]
    var stateTopic: StateTopic?

    /// - Returns: nil for anything else.
    init?(_ json: String) {
        guard let document = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
        self = document
    }

    /// For a person: a line a subject, and a table of the partitions.
    ///
    /// - Parameter problems: what the readiness probe found.
    func text(at address: String, isReady: Bool, problems: [String]) -> String {
        var lines = ["consumer at \(address): \(isReady ? "ready" : "not ready")"]
        lines += problems.map { "! \($0)" }
        let counts = records.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        lines += [
            "topic         \(topic)", "group         \(group)", "state         \(state)", "records       \(counts)",
            "last applied  \(lastAppliedAt ?? "nothing yet")", "newest event  \(newestEventTime ?? "none yet")",
            "lag           \(lag.map { "\($0) records" } ?? "not known yet")",
        ]
        if let stateTopic { lines.append("state topic   \(stateTopic.text)") }
        var table = TextTable(["PARTITION", "POSITION", "LAG"], right: 0..<3)
        for partition in partitions {
            table.add([
                "\(partition.partition)", partition.position.map { "\($0)" } ?? "-",
                partition.lag.map { "\($0)" } ?? "-",
            ])
        }
        return lines.map { $0 + "\n" }.joined() + table.text
    }
}

extension StatusDocument.StateTopic {
    /// Such as `zitadel.state.v1: 3 users and 1 change of many wait; published by another process`.
    fileprivate var text: String {
        var text = topic
        if let pendingUsers, let pendingCauses {
            text += ": \(pendingUsers) users and \(pendingCauses) changes of many wait"
        }
        text += publishes ? "; published by this process" : "; published by another process, or nothing was to publish"
        return failure.map { "\(text); last failure: \($0)" } ?? text
    }
}

/// The JSON of `/readyz`.
struct ReadinessDocument: Decodable {
    struct Check: Decodable {
        var name: String
        var ready: Bool
        var reason: String?
    }

    var checks: [Check]

    init?(_ json: String) {
        guard let document = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
        self = document
    }

    /// Such as `kafka: no broker answers`.
    var problems: [String] {
        checks.filter { !$0.ready }.map { "\($0.name): \($0.reason ?? "not ready")" }
    }
}
