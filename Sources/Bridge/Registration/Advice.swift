/// Something an operator has to know, and what to do about it. Names no secret and nothing of an event.
struct Advice: Hashable, Sendable {
    let problem: String
    let fix: String

    init(_ problem: String, fix: String) {
        self.problem = problem
        self.fix = fix
    }
}

extension Advice: CustomStringConvertible {
    var description: String { "\(problem). \(fix)" }
}
