using Cmud.Replication;
using Xunit;

namespace Cmud.Tests.Faults;

/// <summary>A checker that finds nothing may be blind: each promise is broken once.</summary>
public sealed class HistoryCheckerTests
{
    private static readonly Origin Here = new(new(1), 1);

    private readonly History _history = new();

    [Fact]
    public void A_history_that_keeps_its_promises_has_no_violations()
    {
        Put("v1", 1);
        Delete(2);
        Saw(null);
        Put("v2", 3);
        Saw("v2");
        Looked(1, new("v1", At(1)));
        Looked(1, new("v2", At(3)));

        Assert.Empty(Violations(new("v2", At(3)), new("v2", At(3))));
    }

    [Fact]
    public void An_acknowledged_write_that_is_gone_is_found()
    {
        Put("v1", 1);
        Put("v2", 2);

        Found("C1: grain 0 shows key as 'v1' of", Violations(new Shown("v1", At(1))));
        Found("C1: grain 0 shows key as nothing", Violations(default(Shown)));
    }

    [Fact]
    public void A_deleted_key_that_is_back_is_found()
    {
        Put("v1", 1);
        Delete(2);

        Found("C1", Violations(new Shown("v1", At(1))));
        Found("C1", Violations(new Shown("v1", At(2))));
    }

    [Fact]
    public void A_purged_tombstone_is_no_loss_and_a_purged_value_is_one()
    {
        Put("v1", 1);
        Delete(2);

        Assert.Empty(Violations(new(null, null, new(3)), new(null, At(2))));
        Assert.Empty(Violations(default(Shown)));
        Put("v2", 3);
        Found("C1", Violations(new Shown(null, null, new(9))));
    }

    [Fact]
    public void A_write_of_unknown_outcome_may_be_there_or_not()
    {
        Put("v1", 1);
        Unknown(CallKind.Put, "v2");

        Assert.Empty(Violations(new Shown("v2", At(2))));
        Assert.Empty(Violations(new Shown("v1", At(1))));
        Found("C1", Violations(new Shown(null, At(2))));
        Unknown(CallKind.Delete, null);
        Assert.Empty(Violations(new Shown(null, At(2))));
    }

    [Fact]
    public void Two_grains_that_differ_are_found()
    {
        Put("v1", 1);
        Unknown(CallKind.Put, "v2");

        Found("C2: grain 0 shows key as 'v1'", Violations(new("v1", At(1)), new("v2", At(2))));
        Found("C2", Violations(new("v1", At(1)), new("v1", At(2))));
    }

    [Fact]
    public void A_value_that_nobody_wrote_is_found()
    {
        Put("v1", 1);
        Saw("v0");

        Found("C3: session 0 saw key as 'v0', which nobody wrote.", Violations(new Shown("v1", At(1))));
        Found("C3: grain 0 saw key as 'v9'", Violations(new Shown("v9", At(9))));
    }

    [Fact]
    public void A_failed_write_that_is_there_is_found()
    {
        _history.Add(new Call(0, CallKind.Put, "key", "v1", Outcome.Fail));

        Found("C3", Violations(new Shown("v1", At(1))));
    }

    [Fact]
    public void A_write_that_was_made_twice_is_found()
    {
        Put("v1", 1);
        Looked(0, new("v1", At(1)));

        Found("'v1' was put once and has the stamps", Violations(new Shown("v1", At(2))));
    }

    [Fact]
    public void A_number_that_was_given_twice_is_found()
    {
        _history.Add(new Call(0, CallKind.Put, "a", "v1", Outcome.Ok, Stamp: At(1), Sequence: 7));
        _history.Add(new Call(1, CallKind.Put, "b", "v2", Outcome.Ok, Stamp: At(2), Sequence: 7));

        Found("Number 7 of ", HistoryChecker.Violations(_history, []));
    }

    [Fact]
    public void A_session_that_does_not_read_its_write_is_found()
    {
        Put("v1", 1);
        Put("v2", 2);
        Saw("v1");

        Found("C4: Session 0 saw key as 'v1'", Violations(new Shown("v2", At(2))));
    }

    [Fact]
    public void A_read_that_goes_back_to_before_a_write_of_unknown_outcome_is_found()
    {
        Put("v1", 1);
        Unknown(CallKind.Put, "v2");
        Saw("v2");
        Saw("v1");

        Found("C4: Session 0 saw key as 'v1'", Violations(new Shown("v2", At(2))));
    }

    [Fact]
    public void A_stamp_that_falls_at_one_grain_is_found()
    {
        Put("v1", 1);
        Put("v2", 2);
        Looked(0, new("v2", At(2)));
        Looked(0, new("v1", At(1)));

        Found("C8: grain 0 showed key as 'v2'", Violations(new Shown("v2", At(2))));
        Looked(1, new("v2", At(2)));
        Looked(1, default);
        Found("C8: grain 1 showed key as 'v2'", Violations(new Shown("v2", At(2))));
    }

    private static Stamp At(ulong time) => new(new(time), Here, 0);

    private static void Found(string start, IReadOnlyList<string> violations) => Assert.Contains(violations, violation => violation.StartsWith(start, StringComparison.Ordinal));

    private void Put(string value, ulong time) => _history.Add(new Call(0, CallKind.Put, "key", value, Outcome.Ok, Stamp: At(time), Sequence: time));

    private void Delete(ulong time) => _history.Add(new Call(0, CallKind.Delete, "key", null, Outcome.Ok, Stamp: At(time), Sequence: time));

    private void Unknown(CallKind kind, string? value) => _history.Add(new Call(0, kind, "key", value, Outcome.Unknown));

    private void Saw(string? value) => _history.Add(new Call(0, CallKind.Get, "key", value, Outcome.Ok));

    private void Looked(int grain, Shown shown) => _history.Add(Look(grain, shown));

    private static Look Look(int grain, Shown shown) => new($"grain {grain}", new Dictionary<string, Shown> { ["key"] = shown });

    private IReadOnlyList<string> Violations(params Shown[] final) => HistoryChecker.Violations(_history, [.. final.Select((shown, grain) => Look(grain, shown))]);
}
