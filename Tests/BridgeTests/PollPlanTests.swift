import EventContract
import Testing
import ZitadelClient

@testable import Bridge

@Suite("The plan of a poll")
struct PollPlanTests {
    @Test("Every type of the catalogue is in exactly one group, and each group fits into one question")
    func groupsAreComplete() {
        let planned = PollPlan.groups.flatMap { $0.map(\.name) }
        let all = Catalogue.rows.flatMap { $0.events.map { String(describing: $0) } }
        #expect(planned.sorted() == all.sorted())
        #expect(PollPlan.groups.count == 3)
        for group in PollPlan.groups {
            #expect(group.count <= EventSearch.eventTypesMax)
            #expect(Set(group.map(\.aggregate)).count <= PollPlan.aggregateTypesMax)
        }
    }

    @Test("Current types of one aggregate are together, those of old history apart")
    func groupsKeepAggregates() throws {
        for aggregate in AggregateType.allCases.map({ String(describing: $0.name) }) {
            let current = PollPlan.groups.dropLast().filter { $0.contains { $0.aggregate == aggregate } }
            #expect(current.count == 1, "\(aggregate)")
        }
        let historic = try #require(PollPlan.groups.last).map(\.name)
        #expect(historic.contains("user.added") && historic.contains("user.profile.changed"))
        #expect(!historic.contains("user.domain.claimed") && !historic.contains("project.grant.cascade.changed"))
        #expect(historic.count == 10)
    }

    @Test("A unit that no question can hold is divided")
    func largeUnits() {
        let unit = (0..<70).map { PolledType(name: "t\($0)", aggregate: "a") }
        #expect(PollPlan.packed([unit]).map(\.count) == [30, 30, 10])
        let aggregates = (0..<12).map { [PolledType(name: "t\($0)", aggregate: "a\($0)")] }
        #expect(PollPlan.packed(aggregates).map(\.count) == [10, 2])
    }

    @Test("Types with the same cursor share a pass, a new type is read from the beginning")
    func passesByCursor() {
        let group = ["a", "b", "c", "d"].map { PolledType(name: $0, aggregate: "user") }
        var cursor = PollCursor()
        cursor.advance(["a", "c"], to: time(20))
        cursor.advance(["b"], to: time(10))
        let passes = PollPlan(from: cursor, groups: [group]).passes
        #expect(passes.map(\.typeNames) == [["d"], ["b"], ["a", "c"]])
        #expect(passes.map(\.from) == [nil, time(10), time(20)])
        #expect(PollPlan(sweepFrom: time(5), groups: [group]).passes == [PollPass(types: group, from: time(5))])
    }
}
