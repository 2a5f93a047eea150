import EventContract
import ZitadelClient

/// Asks Zitadel for the users of grants whose events do not name them.
struct GrantLookup: Sendable {
    /// Questions under way at the same time.
    static let concurrencyMax = 4

    let search: any EventSearching

    /// Asks one question a grant; works for grants that were removed, too.
    ///
    /// - Returns: users by grant; without those that Zitadel's history does not have any more.
    func users(of grants: [UTF8Text]) async throws(PollFailure) -> [UTF8Text: UTF8Text] {
        var found: [UTF8Text: UTF8Text] = [:]
        var failure: PollFailure?
        await withTaskGroup(of: (UTF8Text, Result<UTF8Text?, PollFailure>).self) { group in
            var waiting = grants[...]
            for grant in waiting.prefix(Self.concurrencyMax) { group.addTask { (grant, await user(of: grant)) } }
            waiting = waiting.dropFirst(Self.concurrencyMax)
            for await (grant, result) in group {
                switch result {
                case .success(let user): found[grant] = user
                case .failure(let error):
                    failure = failure ?? error
                    group.cancelAll()
                }
                guard failure == nil, let next = waiting.popFirst() else { continue }
                group.addTask { (next, await user(of: next)) }
            }
        }
        if let failure { throw failure }
        return found
    }

    private func user(of grant: UTF8Text) async -> Result<UTF8Text?, PollFailure> {
        var question = EventSearch(eventTypes: ["user.grant.added"], limit: 1)
        question.aggregateTypes = [String(describing: AggregateType.userGrant.name)]
        question.aggregateID = grant.description
        do {
            let answer = try await search.searchEvents(question)
            let item = try EventSearchPage(answer.body).items.first
            guard let item, let id = item.id, id.bytes.starts(with: "usergrant/\(grant)/".utf8) else {
                return .success(nil)
            }
            return .success(item.grantee)
        } catch let error as ZitadelAPIError {
            return .failure(PollFailure(error))
        } catch {
            return .failure(.badAnswer("\(error)"))
        }
    }
}
