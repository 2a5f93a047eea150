import EventContract
import Testing

@testable import Bridge

@Suite("Users of grants")
struct GrantUsersTests {
    @Test("The oldest grant is forgotten when there are too many")
    func bounded() {
        var users = GrantUsers(countMax: 3)
        for index in 0..<7 { users.learn(grant: UTF8Text("g\(index)"), user: UTF8Text("u\(index)")) }
        #expect(users.count == 3)
        #expect(users["g3"] == nil)
        #expect(["g4", "g5", "g6"].map { users[$0] } == ["u4", "u5", "u6"])
    }

    @Test("Learning a grant again takes no second place")
    func learnedTwice() {
        var users = GrantUsers(countMax: 2)
        for _ in 0..<5 { users.learn(grant: "a", user: "1") }
        users.learn(grant: "b", user: "2")
        #expect(users["a"] == "1")
        #expect(users["b"] == "2")
    }
}
