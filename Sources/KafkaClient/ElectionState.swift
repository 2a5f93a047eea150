/// Where one member of an election stands, and which event follows from what happened. No clock, no client.
struct ElectionState {
    private enum Phase {
        case following
        case reading
        case elected
    }

    private var phase = Phase.following
    /// The term of owning the partition, see `Assignment`; nil while another member has it.
    private var term: Int?
    private var latest: [[UInt8]: [UInt8]] = [:]
    private var passedOver = 0

    /// Takes note of whether the partition is ours, after each poll and before the poll's records.
    ///
    /// A new term is a new election, even when the partition came straight back: others may have written meanwhile.
    mutating func owns(term now: Int?) -> KafkaElection.Event? {
        guard now != term else { return nil }
        let wasElected = phase == .elected
        let carried = passedOver
        self = ElectionState()
        term = now
        passedOver = carried
        phase = now == nil ? .following : .reading
        return wasElected ? .deposed : nil
    }

    /// A record of the current term.
    mutating func received(key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?) -> KafkaElection.Event? {
        guard let key, key.count <= KafkaElection.keyBytesMax, value?.count ?? 0 <= KafkaElection.valueBytesMax else {
            passedOver += 1
            return nil
        }
        switch phase {
        case .following: return nil
        case .reading:
            keep([UInt8](key), value)
            return nil
        case .elected: return .record(key: [UInt8](key), value: value.map { [UInt8]($0) })
        }
    }

    /// Everything that was in the partition has been received.
    mutating func reachedEnd() -> KafkaElection.Event? {
        guard phase == .reading else { return nil }
        phase = .elected
        defer { latest = [:] }
        return .elected(latest: latest)
    }

    /// How many records broke a limit since this was last asked.
    mutating func takePassedOver() -> Int {
        defer { passedOver = 0 }
        return passedOver
    }

    private mutating func keep(_ key: [UInt8], _ value: UnsafeRawBufferPointer?) {
        guard let value else {
            latest[key] = nil
            return
        }
        guard latest.count < KafkaElection.keysMax || latest[key] != nil else {
            passedOver += 1
            return
        }
        latest[key] = [UInt8](value)
    }
}
