extension [StoredRecord] {
    /// What compaction leaves of the state topic, as `state export` prints it: of each key the newest value, sorted by
    /// the bytes of the keys.
    package var compactedText: String {
        var newest: [[UInt8]: StoredRecord] = [:]
        for record in self {
            guard let key = record.key else { continue }
            if let known = newest[key], known.partition == record.partition, known.offset > record.offset { continue }
            newest[key] = record
        }
        let lines = newest.sorted { $0.key.lexicographicallyPrecedes($1.key) }.compactMap(\.value.value)
        return lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
    }
}
