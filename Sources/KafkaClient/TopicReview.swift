/// A setting of an existing topic that is not as it should be.
package struct TopicProblem: Sendable, Equatable {
    package enum Severity: Sendable, Equatable {
        /// It breaks a promise.
        case warning
        /// Worth knowing.
        case information
    }

    package let severity: Severity
    /// Kafka's name of the setting, or `partitions`.
    package let setting: String
    package let found: String
    package let consequence: String
    /// What a person does about it.
    package let fix: String
}

/// A topic as it is, beside what was wanted.
package struct TopicReview: Sendable, Equatable {
    package let description: TopicDescription
    package let problems: [TopicProblem]

    /// Whether the brokers told the settings; if not, problems are those of the partitions alone.
    package var isComplete: Bool { description.configuration != nil }
}

extension TopicDescription {
    /// The settings that break a promise, and what differs otherwise. Settings the brokers do not tell are no problem.
    package func problems(for wanted: WantedTopic) -> [TopicProblem] {
        let judge = TopicJudge(found: self, wanted: wanted)
        return [
            judge.partitionCount(), judge.cleanup(), judge.retention("retention.ms"),
            judge.retention("retention.bytes"), judge.replicas(), judge.uncleanElection(),
        ].compactMap { $0 }
    }
}

private struct TopicJudge {
    let found: TopicDescription
    let wanted: WantedTopic

    private var isCompactedByWish: Bool { wish("cleanup.policy") == "compact" }

    /// The partition of a compacted topic with one partition elects, and holds what the elected one keeps.
    func partitionCount() -> TopicProblem? {
        guard found.partitions != Int(wanted.partitions) else { return nil }
        guard isCompactedByWish, wanted.partitions == 1 else {
            return TopicProblem(
                severity: .information, setting: "partitions", found: "\(found.partitions)",
                consequence: "another number than the \(wanted.partitions) it would have been created with",
                fix: "none needed; more partitions move keys to other ones, so rather keep their number")
        }
        return TopicProblem(
            severity: .warning, setting: "partitions", found: "\(found.partitions)",
            consequence: "only records of partition 0 are read, and others are written elsewhere",
            fix: "stop the programs that use it, delete the topic and create it with 1 partition")
    }

    func cleanup() -> TopicProblem? {
        let policies = Set(list(value("cleanup.policy")))
        guard let wish = wish("cleanup.policy"), !policies.isEmpty, policies != [wish] else { return nil }
        return warning(
            "cleanup.policy", to: wish,
            wish == "compact"
                ? "the newest record of a key can be removed, or the topic grows without end"
                : "only the newest record of each key is kept, and the history is lost")
    }

    func retention(_ setting: String) -> TopicProblem? {
        // Both bounds hold at once, and a topic that is kept for ever is bounded by neither.
        guard wish("retention.ms") == "-1", list(value("cleanup.policy")) != ["compact"],
            let value = value(setting), value != "-1"
        else { return nil }
        return warning(setting, to: "-1", "old records are removed, and the state cannot be rebuilt from the topic")
    }

    func replicas() -> TopicProblem? {
        guard let value = value("min.insync.replicas"), let needed = Int(value) else { return nil }
        if needed > found.replicationFactor {
            return warning(
                "min.insync.replicas", to: "\(found.replicationFactor)",
                "more replicas are needed than the \(found.replicationFactor) there are: nothing can be written")
        }
        guard needed == 1 else { return nil }
        guard found.replicationFactor > 1 else {
            return TopicProblem(
                severity: .warning, setting: "min.insync.replicas", found: value,
                consequence: "one broker has the only copy: its disk can lose acknowledged records",
                fix: "reassign the partitions to 3 replicas (kafka-reassign-partitions.sh), "
                    + "then set min.insync.replicas=2")
        }
        return TopicProblem(
            severity: .information, setting: "min.insync.replicas", found: value,
            consequence: "while other replicas are behind, a record is acknowledged with one copy",
            fix: alter("min.insync.replicas=2"))
    }

    func uncleanElection() -> TopicProblem? {
        guard value("unclean.leader.election.enable") == "true" else { return nil }
        return warning(
            "unclean.leader.election.enable", to: "false",
            "a replica that is behind can become leader, and acknowledged records are lost")
    }

    private func value(_ setting: String) -> String? { found.configuration?[setting] }

    private func wish(_ setting: String) -> String? { wanted.configuration.first { $0.0 == setting }?.1 }

    private func list(_ value: String?) -> [String] {
        (value ?? "").split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    }

    private func warning(_ setting: String, to wish: String, _ consequence: String) -> TopicProblem {
        TopicProblem(
            severity: .warning, setting: setting, found: value(setting) ?? "", consequence: consequence,
            fix: alter("\(setting)=\(wish)"))
    }

    private func alter(_ change: String) -> String {
        "kafka-configs.sh --bootstrap-server … --alter --entity-type topics --entity-name \(wanted.name) "
            + "--add-config \(change)"
    }
}
