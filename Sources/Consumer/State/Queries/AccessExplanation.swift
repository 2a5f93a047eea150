import EventContract

/// Why a user has a role on a project, or why not: every condition, with the event that decides it.
package struct AccessExplanation: Equatable, Sendable {
    /// One condition.
    package struct Condition: Equatable, Sendable {
        package let holds: Bool
        package let text: String
        /// Id of the event that decided it; nil when none has arrived.
        package let event: String?
        /// Creation of that event in microseconds since 1970; nil where the state does not keep it.
        package let time: Int64?
    }

    /// Conditions that have to hold together.
    package struct Section: Equatable, Sendable {
        package let title: String
        package internal(set) var conditions: [Condition] = []

        package var holds: Bool { conditions.allSatisfy(\.holds) }
    }

    package internal(set) var user: Section
    /// The user's grants on the project; one that holds is enough.
    package internal(set) var grants: [Section] = []

    package var isAllowed: Bool { user.holds && grants.contains(where: \.holds) }
}

/// A row with a life: when it was created and removed, and what state it is in.
struct LifeFacts {
    /// `<aggregate type>/<id>`, the beginning of the ids of its events.
    let name: String
    var createdSequence: Int64 = 0
    var createdTime: Int64 = 0
    var removedSequence: Int64 = 0
    var removedTime: Int64 = 0
    var state: UTF8Text = ""
    var stateSequence: Int64 = 0

    /// The columns that `init` reads.
    static func columns(hasRemovedTime: Bool = true) -> String {
        "created_seq, created_time, removed_seq, \(hasRemovedTime ? "removed_time" : "0"), state, state_seq"
    }

    /// Of a row that no event has made yet.
    init(name: String) { self.name = name }

    init(name: String, _ row: inout RowReader) {
        self.name = name
        createdSequence = row.integer()
        createdTime = row.integer()
        removedSequence = row.integer()
        removedTime = row.integer()
        state = row.text()
        stateSequence = row.integer()
    }

    var isInactive: Bool { state == LifeState.inactive }
}

extension AccessExplanation.Section {
    /// It was created, and not removed since.
    mutating func addExists(_ life: LifeFacts) {
        let holds = life.createdSequence > life.removedSequence
        add(
            holds, holds ? "exists" : life.removedSequence > 0 ? "is removed" : "was never created", life,
            holds ? life.createdSequence : life.removedSequence, holds ? life.createdTime : life.removedTime)
    }

    /// What was never seen is not removed.
    mutating func addNotRemoved(_ life: LifeFacts, _ what: String) {
        guard life.removedSequence > life.createdSequence else { return }
        add(false, "\(what) is removed", life, life.removedSequence, life.removedTime)
    }

    mutating func addActive(_ holds: Bool, _ life: LifeFacts, _ what: String) {
        let state = life.state.isEmpty ? "active, as nothing else is known" : life.state.description
        let time = life.stateSequence == life.createdSequence ? life.createdTime : 0
        add(holds, "\(what) is \(state)", life, life.stateSequence, time)
    }

    /// A removal ends what is older, for good.
    mutating func addNotEnded(by life: LifeFacts, since time: Int64, _ text: String) {
        guard life.removedTime > time else { return }
        add(false, text, life, life.removedSequence, life.removedTime)
    }

    /// - Parameters:
    ///   - sequence: of the deciding event; 0 when there is none.
    ///   - time: of the same; 0 when it is not known.
    mutating func add(_ holds: Bool, _ text: String, _ life: LifeFacts, _ sequence: Int64, _ time: Int64) {
        conditions.append(
            AccessExplanation.Condition(
                holds: holds, text: text, event: sequence > 0 ? "\(life.name)/\(sequence)" : nil,
                time: sequence > 0 && time > 0 ? time : nil))
    }
}
