using Cmud.Game;
using Cmud.Game.Problems;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Unit.Game;

public sealed class ProblemTests(ITestOutputHelper output)
{
    private const int Players = 40;

    // The hashes of ranks 6 and 7 take seconds each: they have a test of their own, with fewer bits.
    private static IEnumerable<(int Rank, int Index)> Quick =>
        from rank in Enumerable.Range(0, 9) from index in Enumerable.Range(0, 4) where rank is not (6 or 7) || index < 3 select (rank, index);

    [Fact]
    public void Every_problem_accepts_its_own_solution_and_no_nonsense()
    {
        foreach (var (rank, index) in Quick)
        {
            foreach (var problem in Enumerable.Range(1, Players).Select(p => Of(p, rank, index)))
            {
                Assert.True(problem.Check(problem.Solve()), $"{problem.Kind}: {problem.Text}\n{problem.Solve()}");
                Assert.All(["", "42x", "-1", "1 1 1", "999999999999999999999", new string('1', 1_000), "\u001b[2J"], nonsense => Assert.False(problem.Check(nonsense)));
                Assert.False(problem.Check(null));
            }
        }
    }

    [Fact]
    public void One_seed_gives_one_problem_in_every_client()
    {
        foreach (var (rank, index) in Quick) Assert.Equal(Of(7, rank, index).Text, Of(7, rank, index).Text);

        Assert.Equal("x = 1; y = 7", Of(1, 0, 0).Text.Split('\n')[0]);
    }

    [Fact]
    public void A_copied_answer_fails()
    {
        foreach (var kind in Quick.GroupBy(at => Of(1, at.Rank, at.Index).Kind))
        {
            var (tries, luck) = (0, 0);
            foreach (var (rank, index) in kind)
            {
                for (var p = 1; p < Players; p++, tries++)
                {
                    if (Of(p, rank, index).Check(Of(p + 1, rank, index).Solve())) luck++;
                }
            }

            output.WriteLine($"{kind.Key}: a copied answer passed {luck} of {tries} times");
            Assert.True(luck * 10 <= tries, $"{kind.Key}: {luck} of {tries} copied answers passed.");
        }
    }

    [Fact]
    public void A_hash_is_proved_by_one_hash()
    {
        var problem = Hashes.Preimage(new("a test"), 10);

        Assert.True(problem.Check(problem.Solve()));
        Assert.False(problem.Check("nope"));
        Assert.False(Hashes.Preimage(new("another"), 20).Check(problem.Solve()));
    }

    [Fact]
    public void Three_sheets_make_one_problem()
    {
        var sheets = Enumerable.Range(0, 3).Select(sheet => ProblemBook.Sheet("s1", new(5), 0, sheet)).ToArray();

        Assert.Equal(3, sheets.Select(sheet => sheet.Text).Distinct().Count());
        Assert.All(sheets, sheet => Assert.True(sheet.Check(sheets[0].Solve())));
    }

    [Fact]
    public void Answers_may_be_typed_with_blanks_and_commas()
    {
        var problem = Of(1, 0, 0);

        Assert.True(problem.Check("  " + problem.Solve().Replace(" ", " , ", StringComparison.Ordinal) + " "));
    }

    private static Problem Of(int player, int rank, int index) => ProblemBook.Of("s1", new PlayerId((ulong)player), rank, index);
}
