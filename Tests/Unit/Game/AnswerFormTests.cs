using Cmud.Game.Problems;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>Answers as people type them.</summary>
public sealed class AnswerFormTests
{
    private static readonly AnswerForm Bits = AnswerForm.Marks("bits", "01", [.. Enumerable.Range(1, 10).Select(i => $"x{i}")]);

    [Theory]
    [InlineData("43 3")]
    [InlineData("43, 3")]
    [InlineData("43,3")]
    [InlineData("(43, 3)")]
    [InlineData("43 and 3")]
    [InlineData("x=43, y=3")]
    [InlineData("x = 43; y = 3.")]
    [InlineData("y is 3 and x is 43")]
    [InlineData("X: 43 Y: 3")]
    [InlineData("x43 y3")]
    [InlineData("043 3")]
    public void Two_numbers_may_have_labels_in_any_order(string typed) => Assert.Equal("43 3", AnswerForm.Labelled("x", "y").Read(typed));

    [Theory]
    [InlineData("")]
    [InlineData("43")]
    [InlineData("43 3 1")]
    [InlineData("no")]
    [InlineData("4.5 3")]
    [InlineData("43x 3")]
    public void What_has_not_two_numbers_is_no_answer(string typed) => Assert.Null(AnswerForm.Labelled("x", "y").Read(typed));

    [Theory]
    [InlineData("-37", "-37")]
    [InlineData("it is -37.", "-37")]
    [InlineData("- 37", "-37")]
    [InlineData("= minus 37", "-37")]
    [InlineData("\u221237", "-37")]
    [InlineData("A to F is 27", "27")]
    [InlineData("A-F: 27", "27")]
    public void One_number_may_stand_in_a_sentence(string typed, string read) => Assert.Equal(read, AnswerForm.Number.Read(typed));

    [Theory]
    [InlineData("1011001110")]
    [InlineData("1 0 1 1 0 0 1 1 1 0")]
    [InlineData("1,0,1,1,0,0,1,1,1,0")]
    [InlineData("10110 01110")]
    [InlineData("0b1011001110")]
    [InlineData("T F T T F F T T T F")]
    [InlineData("x1=1, x2=0, x3=1, x4=1, x5=0, x6=0, x7=1, x8=1, x9=1, x10=0")]
    [InlineData("x10=0 x9=1 x8=1 x7=1 x6=0 x5=0 x4=1 x3=1 x2=0 x1=true")]
    public void Bits_may_be_parted_and_named(string typed) => Assert.Equal("1011001110", Bits.Read(typed));

    [Theory]
    [InlineData("101100111")]
    [InlineData("2011001110")]
    [InlineData("x1=1")]
    public void Too_few_bits_are_no_answer(string typed) => Assert.Null(Bits.Read(typed));

    [Theory]
    [InlineData("50 30 20 70")]
    [InlineData("50 -> 30 -> 20 -> 70")]
    [InlineData("50-30-20-70")]
    [InlineData("50; 30; 20; and 70")]
    public void A_row_of_numbers_may_have_arrows(string typed) => Assert.Equal("50 30 20 70", AnswerForm.Row(4).Read(typed));

    [Theory]
    [InlineData("ABCD")]
    [InlineData("a b c d")]
    [InlineData("A -> B -> C -> D")]
    [InlineData("A, B, then C and D")]
    [InlineData("A-B-C-D")]
    public void A_walk_may_have_arrows_and_words(string typed) => Assert.Equal("ABCD", AnswerForm.Walk("ABCD").Read(typed));

    [Fact]
    public void A_walk_that_misses_a_place_is_no_answer() => Assert.Null(AnswerForm.Walk("ABCD").Read("A B C"));

    [Theory]
    [InlineData("7 11")]
    [InlineData("7 * 11")]
    [InlineData("77 = 7 x 11")]
    [InlineData("7 and 11")]
    public void Factors_may_stand_in_their_product(string typed) => Assert.Equal("7 11", AnswerForm.Factors(77).Read(typed));

    [Theory]
    [InlineData("10 20")]
    [InlineData("10 + 20 = 30")]
    [InlineData("30 = 10 + 20")]
    public void Parts_may_stand_in_their_sum(string typed) => Assert.Equal("10 20", AnswerForm.Some("", "", number => number is 10 or 20, 30).Read(typed));

    [Theory]
    [InlineData("10 10")]
    [InlineData("10 21")]
    [InlineData("30")]
    public void What_is_not_among_the_parts_is_no_answer(string typed) => Assert.Null(AnswerForm.Some("", "", number => number is 10 or 20, 30).Read(typed));

    [Theory]
    [InlineData("amber 3")]
    [InlineData("B holds Amber; 3 changes")]
    [InlineData("3, amber")]
    public void A_value_and_a_count_may_come_in_a_sentence(string typed) => Assert.Equal("amber 3", AnswerForm.WordAndNumber("", ["amber", "birch"]).Read(typed));

    [Theory]
    [InlineData("4711")]
    [InlineData("w = 4711")]
    [InlineData("'4711'")]
    [InlineData("abcd4711")]
    public void A_word_may_have_its_salt_before_it(string typed) => Assert.Equal("4711", AnswerForm.Token("abcd").Read(typed));

    [Fact]
    public void Every_problem_says_the_form_of_its_answer_and_reads_its_own()
    {
        foreach (var (rank, index) in from rank in Enumerable.Range(0, 9) from index in Enumerable.Range(0, 4) where rank is not (6 or 7) || index < 3 select (rank, index))
        {
            var problem = ProblemBook.Of("s1", new(7), rank, index);

            Assert.StartsWith("Answer: ", problem.Text.Split('\n')[^1], StringComparison.Ordinal);
            Assert.True(problem.Check(problem.Read(problem.Solve().Replace(" ", ", ", StringComparison.Ordinal), out _)), $"{problem.Kind}: {problem.Solve()}");
            Assert.Null(problem.Read("no idea", out var refusal));
            Assert.EndsWith("what you typed is none, and costs nothing.", refusal, StringComparison.Ordinal);
        }
    }
}
