extension Catalogue {
    private struct Entry: Sendable {
        let event: StaticString
        let row: CatalogueRow
    }

    /// Rows by the size of the event type's name, which leaves a handful of candidates to compare.
    private static let entriesBySize: [[Entry]] = {
        let entries = rows.flatMap { row in row.events.map { Entry(event: $0, row: row) } }
        var bySize: [[Entry]] = Array(repeating: [], count: (entries.map(\.event.utf8CodeUnitCount).max() ?? 0) + 1)
        for entry in entries { bySize[entry.event.utf8CodeUnitCount].append(entry) }
        return bySize
    }()

    /// The row for an event type, compared byte for byte.
    package static func row(forEvent type: UnsafeRawBufferPointer) -> CatalogueRow? {
        guard type.count < entriesBySize.count else { return nil }
        for entry in entriesBySize[type.count] where entry.event.bytes.holdsSame(type) { return entry.row }
        return nil
    }
}
