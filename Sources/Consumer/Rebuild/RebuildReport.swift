import EventContract
import ServiceRuntime

/// What a rebuild did and found, for a person or a machine. Holds ids and names of members, never values.
package struct RebuildReport: Sendable {
    package let topic: String
    package let group: String
    /// Where the live state is.
    package let place: String
    /// Records read in this run, those that could not be read among them.
    package var records: Int64 = 0
    package var unreadable = 0
    /// Records that had been deleted from the topic before they could be read.
    package var missing: Int64 = 0
    package var comparison: StateComparison?
    /// Nil when there is no live state.
    package var liveHash: String?
    package var rebuiltHash = ""
    /// Whether the new state held exactly the records that the live one had committed, and nothing was applied
    /// meanwhile.
    package var isExact = false
    package var isSwapped = false

    package var isIdentical: Bool { comparison?.differentRows == 0 }

    package var text: String {
        var text = "records read  \(records), of which \(unreadable) unreadable\n"
        if missing > 0 { text += "missing       \(missing) records were deleted from the topic before\n" }
        var table = TextTable(["TABLE", "LIVE", "REBUILT", "DIFFERENT"], right: 1..<4)
        for row in comparison?.tables ?? [] {
            table.add([row.table.name, "\(row.liveRows)", "\(row.rebuiltRows)", "\(row.different)"])
        }
        text += table.text
        text += "hash of live     \(liveHash ?? "there is no live state")\nhash of rebuilt  \(rebuiltHash)\n"
        for difference in comparison?.differences ?? [] { text += "  \(difference.text)\n" }
        let hidden = (comparison?.differentRows ?? 0) - (comparison?.differences.count ?? 0)
        if hidden > 0 { text += "  and \(hidden) more\n" }
        return text + verdict + "\n"
    }

    private var verdict: String {
        if isSwapped {
            return "The new state is in place. The old one stays until `rebuild --discard`. Start the consumers."
        }
        guard liveHash != nil else { return "The new state is complete; there is no live one." }
        return isIdentical ? "The states are the same." : "The states differ."
    }

    package var json: String {
        var json = JSONOutput()
        json.openObject()
        json.member("topic", topic)
        json.member("group", group)
        json.member("state", place)
        json.member("records", records)
        json.member("unreadable", unreadable)
        json.member("missingRecords", missing)
        json.member("identical", isIdentical)
        json.member("exact", isExact)
        json.member("swapped", isSwapped)
        if let liveHash { json.member("liveHash", liveHash) }
        json.member("rebuiltHash", rebuiltHash)
        writeComparison(to: &json)
        json.closeObject()
        return json.text + "\n"
    }

    private func writeComparison(to json: inout JSONOutput) {
        json.name("tables")
        json.openArray()
        for row in comparison?.tables ?? [] {
            json.openObject()
            json.member("table", row.table.name)
            json.member("live", row.liveRows)
            json.member("rebuilt", row.rebuiltRows)
            json.member("different", row.different)
            json.closeObject()
        }
        json.closeArray()
        json.name("differences")
        json.openArray()
        for difference in comparison?.differences ?? [] { difference.write(to: &json) }
        json.closeArray()
    }
}

extension StateComparison.Difference {
    /// Such as `users 310000000000000001: email, email_seq`.
    fileprivate var text: String {
        let ids = [key.first, key.second].map { printable($0.bytes, sizeMax: 200) }.filter { !$0.isEmpty }
        let what =
            switch kind {
            case .onlyInLive: "only in the live state"
            case .onlyInRebuilt: "only in the rebuilt state"
            case .columns(let names): names.joined(separator: ", ")
            }
        return "\(key.table.name) \(ids.joined(separator: " ")): \(what)"
    }

    fileprivate func write(to json: inout JSONOutput) {
        json.openObject()
        json.member("table", key.table.name)
        json.member(key.table.keyColumns[0], key.first.description)
        if key.table.hasSecondKey { json.member(key.table.keyColumns[1], key.second.description) }
        switch kind {
        case .onlyInLive: json.member("only", "live")
        case .onlyInRebuilt: json.member("only", "rebuilt")
        case .columns(let names):
            json.name("members")
            json.openArray()
            for name in names { json.string(name) }
            json.closeArray()
        }
        json.closeObject()
    }
}
