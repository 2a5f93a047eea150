import EventContract
import ServiceRuntime

extension HistoryEntry {
    func write(to writer: inout JSONWriter) {
        writer.member("{\"event\":", event)
        if let time { writer.member(",\"time\":", UTF8Text(WallClock.rfc3339(time))) }
        if let path { writer.member(",\"path\":", UTF8Text(path.name.description)) }
        writer.list(",\"facts\":[", facts, "]") { writer, fact in writer.string(fact) }
        if let metadataKey { writer.member(",\"metadataKey\":", metadataKey) }
        writer.literal("}")
    }
}

extension UserFacts {
    /// The user as far as it decides about access, its groups, and its access; on one project where one is named.
    func writeContext(to writer: inout JSONWriter, groupsKey: UTF8Text, project: UTF8Text?) {
        writer.member(",\"user\":{\"orgId\":", orgID)
        writer.literal(isMachine ? ",\"kind\":\"machine\"" : ",\"kind\":\"human\"")
        writer.member(",\"state\":", state)
        writer.member(",\"username\":", username)
        writer.literal("}")
        writeGroups(groups(key: groupsKey), to: &writer)
        writeAccess(project.map { project in access.filter { $0.projectID == project } } ?? access, to: &writer)
    }
}
