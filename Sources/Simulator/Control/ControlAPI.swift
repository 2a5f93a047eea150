import Foundation
import Hummingbird
import ServiceRuntime

/// The HTTP interface scripts drive the simulator with. Each answer is JSON; a refused request has a member `error`.
struct ControlAPI: Sendable {
    let simulation: Simulation

    /// One request as a route needs it.
    struct Input: Sendable {
        var body: [UInt8]
        var query: [Substring: Substring]
        /// The part of the path that stands for an id or a name.
        var reference: String

        func decoded<Body: Decodable>(as type: Body.Type = Body.self) throws(SimulatorError) -> Body {
            do {
                return try JSONDecoder().decode(type, from: Data(body))
            } catch DecodingError.keyNotFound(let key, _) {
                throw .invalid("the member \(key.stringValue) is missing")
            } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
                throw .invalid(
                    "the member \(context.codingPath.map(\.stringValue).joined(separator: ".")) has a wrong type")
            } catch {
                throw .invalid("the body is no JSON object")
            }
        }
    }

    typealias Answer = @Sendable (Input) throws(SimulatorError) -> String

    private static let bodySizeMax = 1 << 20

    func addRoutes(to router: Router<BasicRequestContext>) {
        addUsers(router)
        addAccess(router)
        addEvents(router)
        addZitadel(router)
    }

    private func addUsers(_ router: Router<BasicRequestContext>) {
        on(router, .get, "users") { _ throws(SimulatorError) in ControlAnswer.users(simulation.snapshot) }
        on(router, .post, "users") { input throws(SimulatorError) in
            let new: NewUser = try input.decoded()
            let (user, events) = try simulation.perform { (tenant) throws(SimulatorError) in
                try tenant.createUser(new)
            }
            return ControlAnswer.change(["userId": user.id, "orgId": user.organizationID], events)
        }
        on(router, .patch, "users/:reference/profile") { input throws(SimulatorError) in
            let change: ProfileChange = try input.decoded()
            return try changeUser(input) { (tenant) throws(SimulatorError) in
                try tenant.changeProfile(input.reference, change)
            }
        }
        on(router, .put, "users/:reference/groups") { input throws(SimulatorError) in
            let groups: ControlBody.Groups = try input.decoded()
            return try changeUser(input) { (tenant) throws(SimulatorError) in
                try tenant.setGroups(input.reference, groups.groups)
            }
        }
        for change in StateChange.allCases {
            on(router, .post, "users/:reference/\(change.rawValue)") { input throws(SimulatorError) in
                try changeUser(input) { (tenant) throws(SimulatorError) in
                    try tenant.change(input.reference, change)
                }
            }
        }
        on(router, .delete, "users/:reference") { input throws(SimulatorError) in
            try changeUser(input) { (tenant) throws(SimulatorError) in try tenant.removeUser(input.reference) }
        }
    }

    private func addAccess(_ router: Router<BasicRequestContext>) {
        on(router, .post, "orgs") { input throws(SimulatorError) in
            let new: ControlBody.Named = try input.decoded()
            let (organization, events) = try simulation.perform { (tenant) throws(SimulatorError) in
                try tenant.createOrganization(new.name)
            }
            return ControlAnswer.change(["orgId": organization.id], events)
        }
        on(router, .post, "projects") { input throws(SimulatorError) in
            let new: ControlBody.Named = try input.decoded()
            let (project, events) = try simulation.perform { (tenant) throws(SimulatorError) in
                try tenant.createProject(new.name, in: new.org)
            }
            return ControlAnswer.change(["projectId": project.id, "orgId": project.organizationID], events)
        }
        on(router, .post, "projects/:reference/roles") { input throws(SimulatorError) in
            let role: NewRole = try input.decoded()
            let (project, events) = try simulation.perform { (tenant) throws(SimulatorError) in
                try tenant.addRole(role, to: input.reference)
            }
            return ControlAnswer.change(["projectId": project.id], events)
        }
        on(router, .post, "grants") { input throws(SimulatorError) in
            let new: NewGrant = try input.decoded()
            return try changeGrant { (tenant) throws(SimulatorError) in try tenant.grantRoles(new) }
        }
        on(router, .put, "grants/:reference/roles") { input throws(SimulatorError) in
            let roles: ControlBody.Roles = try input.decoded()
            return try changeGrant { (tenant) throws(SimulatorError) in
                try tenant.changeRoles(input.reference, roles.roles)
            }
        }
        on(router, .delete, "grants/:reference") { input throws(SimulatorError) in
            try changeGrant { (tenant) throws(SimulatorError) in try tenant.revokeGrant(input.reference) }
        }
    }

    private func addEvents(_ router: Router<BasicRequestContext>) {
        on(router, .get, "stats") { _ throws(SimulatorError) in ControlAnswer.statistics(simulation) }
        on(router, .post, "demo") { _ throws(SimulatorError) in
            let (demo, events) = try simulation.perform { (tenant) throws(SimulatorError) in try tenant.playDemo() }
            return ControlAnswer.demo(demo, events)
        }
        on(router, .post, "events") { input throws(SimulatorError) in
            let event = try RawEvent(query: input.query, body: input.body)
            let (_, events) = try simulation.perform { (tenant) throws(SimulatorError) in
                try tenant.push(event.event)
            }
            return ControlAnswer.change([:], events)
        }
    }

    private func changeUser(
        _ input: Input, _ command: (inout Tenant) throws(SimulatorError) -> Void
    ) throws(SimulatorError) -> String {
        let (userID, events) = try simulation.perform { (tenant) throws(SimulatorError) in
            let user = try tenant.user(input.reference)
            try command(&tenant)
            return user.id
        }
        return ControlAnswer.change(["userId": userID], events)
    }

    private func changeGrant(
        _ command: (inout Tenant) throws(SimulatorError) -> Grant
    ) throws(SimulatorError) -> String {
        let (grant, events) = try simulation.perform(command)
        return ControlAnswer.change(
            ["grantId": grant.id, "userId": grant.userID, "projectId": grant.projectID], events)
    }

    func on(
        _ router: Router<BasicRequestContext>, _ method: HTTPRequest.Method, _ path: String, _ answer: @escaping Answer
    ) {
        router.on(RouterPath(path), method: method) { request, context in
            let body = try await request.body.collect(upTo: Self.bodySizeMax)
            let input = Input(
                body: Array(buffer: body),
                query: request.uri.queryParameters.reduce(into: [:]) { $0[$1.key] = $1.value },
                reference: context.parameters.get("reference").flatMap(\.removingPercentEncoding) ?? "")
            do throws(SimulatorError) {
                return Response(.ok, json: try answer(input) + "\n")
            } catch {
                return Response(error.status, json: ControlAnswer.error(error) + "\n")
            }
        }
    }
}

extension SimulatorError {
    fileprivate var status: HTTPResponse.Status {
        switch self {
        case .invalid: .badRequest
        case .notFound: .notFound
        case .conflict: .conflict
        case .unavailable: .serviceUnavailable
        }
    }
}
