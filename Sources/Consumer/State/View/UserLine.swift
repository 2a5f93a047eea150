package import EventContract

extension UserFacts {
    /// Appends the user as one line of `state export`, without the line's end. Member order is the contract's.
    ///
    /// - Parameter groups: the groups decoded from the user's metadata.
    package func write(to writer: inout JSONWriter, groups: [Group]) {
        writer.literal("{\"userId\":")
        writer.string(id)
        writer.member(",\"orgId\":", orgID)
        writer.literal(isMachine ? ",\"kind\":\"machine\"" : ",\"kind\":\"human\"")
        writer.member(",\"state\":", state)
        writer.member(",\"username\":", username)
        if isMachine { profile.writeMachine(to: &writer) } else { profile.writeHuman(to: &writer) }
        writer.list(",\"metadata\":{", visibleMetadata, "}") { writer, entry in
            writer.string(entry.key)
            writer.member(":", entry.value)
        }
        writeGroups(groups, to: &writer)
        writer.list(",\"grants\":[", visibleGrants, "]") { writer, grant in grant.write(to: &writer) }
        writeAccess(access, to: &writer)
        writer.literal("}")
    }

    /// Appends the member `groups`, with a comma before it.
    func writeGroups(_ groups: [Group], to writer: inout JSONWriter) {
        writer.list(",\"groups\":[", groups, "]") { writer, group in
            writer.member("{\"id\":", group.id)
            writer.member(",\"displayName\":", group.displayName)
            writer.literal("}")
        }
    }

    /// Appends the member `access`, with a comma before it.
    func writeAccess(_ access: [AccessEntry], to writer: inout JSONWriter) {
        writer.list(",\"access\":[", access, "]") { writer, entry in
            writer.member("{\"orgId\":", entry.orgID)
            writer.member(",\"projectId\":", entry.projectID)
            writer.list(",\"roleKeys\":[", entry.roleKeys, "]}") { writer, key in writer.string(key) }
        }
    }
}

extension UserFacts.Profile {
    fileprivate func writeHuman(to writer: inout JSONWriter) {
        writer.member(",\"firstName\":", firstName)
        writer.member(",\"lastName\":", lastName)
        writer.member(",\"nickName\":", nickName)
        writer.member(",\"displayName\":", displayName)
        writer.member(",\"preferredLanguage\":", preferredLanguage)
        writer.member(",\"gender\":", gender)
        writer.member(",\"email\":", email)
        writer.literal(",\"emailVerified\":")
        writer.bool(emailVerified)
        writer.member(",\"phone\":", phone)
        writer.literal(",\"phoneVerified\":")
        writer.bool(phoneVerified)
    }

    fileprivate func writeMachine(to writer: inout JSONWriter) {
        writer.member(",\"name\":", name)
        writer.member(",\"description\":", description)
    }
}

extension GrantFacts {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("{\"grantId\":", id)
        writer.member(",\"orgId\":", orgID)
        writer.member(",\"projectId\":", projectID)
        writer.member(",\"projectGrantId\":", projectGrantID)
        writer.literal(isInactive ? ",\"state\":\"inactive\"" : ",\"state\":\"active\"")
        writer.literal(",\"roleKeys\":")
        writer.literal(roleKeys.bytes)
        writer.literal("}")
    }
}

extension JSONWriter {
    mutating func member(_ start: StaticString, _ text: UTF8Text) {
        literal(start)
        string(text)
    }

    mutating func list<Element>(
        _ start: StaticString, _ elements: [Element], _ end: StaticString,
        _ write: (inout JSONWriter, Element) -> Void
    ) {
        literal(start)
        var isFirst = true
        for element in elements {
            if !isFirst { literal(",") }
            isFirst = false
            write(&self, element)
        }
        literal(end)
    }
}
