import EventContract

/// Makes the JSON of an answer from the state. Used by one thread at a time.
struct QueryAnswers {
    let reader: StateReader
    /// The metadata key that holds a user's groups.
    let groupsKey: UTF8Text

    /// - Returns: the document, or the problem with the question; the state's own faults are thrown.
    func answer(_ query: Query) throws(StateError) -> Result<[UInt8], QueryProblem> {
        var writer = JSONWriter()
        switch query {
        case .check(let user, let project, let role, let org):
            let isAllowed = try reader.hasRole(role, user: user, project: project, org: org)
            return .success(isAllowed ? Self.allowed : Self.notAllowed)
        case .user(let id):
            guard let user = try reader.user(id) else { return .failure(.noSuchUser(id)) }
            user.write(to: &writer, groups: user.groups(key: groupsKey))
        case .access(let id):
            guard let user = try reader.user(id, .access) else { return .failure(.noSuchUser(id)) }
            writer.member("{\"userId\":", id)
            user.writeAccess(user.access, to: &writer)
            writer.literal("}")
        case .context(let id, let project):
            writer.member("{\"userId\":", id)
            if let user = try reader.user(id) {
                user.writeContext(to: &writer, groupsKey: groupsKey, project: project)
            } else {
                writer.literal(",\"user\":null,\"groups\":[],\"access\":[]")
            }
            writer.literal("}")
        case .history(let id, let place, let limit):
            guard let page = try reader.history(of: id, after: place, limit: limit) else {
                return .failure(.notFound("the state holds no fact about the user \(id)"))
            }
            page.write(to: &writer, as: "{\"events\":[") { writer, entry in entry.write(to: &writer) }
        case .organization(let id):
            guard let organization = try reader.organization(id) else {
                return .failure(.notFound("the organization \(id) is not in the state"))
            }
            organization.write(to: &writer)
        case .users(let filter): try write(filter, as: "{\"users\":[", to: &writer)
        case .members(let filter): try write(filter, as: "{\"members\":[", to: &writer)
        case .groups(let after, let limit):
            return .success(Self.document(of: try reader.groups(key: groupsKey, after: after, limit: limit)))
        }
        return .success(writer.bytes)
    }

    static let allowed = Array("{\"allowed\":true}".utf8)
    static let notAllowed = Array("{\"allowed\":false}".utf8)

    static func document(of page: Page<GroupCount>) -> [UInt8] {
        var writer = JSONWriter()
        page.write(to: &writer, as: "{\"groups\":[") { writer, group in group.write(to: &writer) }
        return writer.bytes
    }

    private func write(
        _ filter: UserFilter, as start: StaticString, to writer: inout JSONWriter
    ) throws(StateError) {
        try reader.users(filter, groupsKey: groupsKey).write(to: &writer, as: start) { writer, user in
            user.write(to: &writer, groups: user.groups(key: groupsKey))
        }
    }
}

extension QueryProblem {
    fileprivate static func noSuchUser(_ id: UTF8Text) -> QueryProblem {
        .notFound("the user \(id) is not in the state")
    }
}

extension Page {
    fileprivate func write(
        to writer: inout JSONWriter, as start: StaticString, _ write: (inout JSONWriter, Element) -> Void
    ) {
        writer.list(start, elements, "]", write)
        if let next { writer.member(",\"next\":", next) }
        writer.literal("}")
    }
}

extension Organization {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("{\"orgId\":", id)
        writer.literal(isActive ? ",\"state\":\"active\"" : ",\"state\":\"inactive\"")
        writer.member(",\"name\":", name)
        writer.member(",\"primaryDomain\":", primaryDomain)
        writer.literal("}")
    }
}

extension GroupCount {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("{\"id\":", id)
        writer.member(",\"displayName\":", displayName)
        writer.literal(",\"members\":")
        writer.integer(Int64(members))
        writer.literal("}")
    }
}
