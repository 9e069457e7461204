using Cmud.Client;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class LaneTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<(int[] Asked, TaskCompletionSource<PackedReply> Answer)> _calls = [];
    private readonly Lane _lane;

    public LaneTests() => _lane = new(
        async batch =>
        {
            var answer = new TaskCompletionSource<PackedReply>();
            var asked = BatchCalls.Unpack(batch.Pack()).Operations.Select(operation => int.Parse(Door.Decode(operation.Key), null)).ToArray();
            lock (_calls) _calls.Add((asked, answer));
            return await answer.Task;
        },
        _time);

    [Fact]
    public async Task One_alone_leaves_at_once()
    {
        var answer = Ask(7);

        Assert.Equal([7], Assert.Single(_calls).Asked);
        Answer(0);
        Assert.Equal(70, await answer);
    }

    [Fact]
    public async Task What_gathers_while_calls_are_on_their_way_leaves_as_one_when_one_is_back()
    {
        var answers = Enumerable.Range(0, 10).Select(Ask).ToArray();
        Assert.Equal((int[][])[[0], [1]], _calls.Select(call => call.Asked));

        Answer(1);
        await answers[1];
        await CalledAsync(3);

        Assert.Equal((int[])[2, 3, 4, 5, 6, 7, 8, 9], _calls[2].Asked);
        foreach (var call in (int[])[0, 2]) Answer(call);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => i * 10), await Task.WhenAll(answers));
    }

    [Fact]
    public void What_gathers_does_not_wait_for_a_far_server()
    {
        for (var i = 0; i < 4; i++) _ = Ask(i);

        _time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.Equal([2, 3], _calls[^1].Asked);
        _ = Ask(4);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal([4], _calls[^1].Asked);
    }

    [Fact]
    public async Task A_batch_has_at_most_128_operations_and_every_one_gets_its_own_answer()
    {
        var answers = Enumerable.Range(0, 500).Select(Ask).ToArray();

        for (var call = 0; call < 6; call++)
        {
            await CalledAsync(call + 1);
            Answer(call);
        }

        Assert.Equal(Enumerable.Range(0, 500).Select(i => i * 10), await Task.WhenAll(answers));
        Assert.All(_calls, call => Assert.InRange(call.Asked.Length, 1, 128));
    }

    [Fact]
    public async Task When_the_server_is_lost_what_was_not_sent_says_so()
    {
        var answers = Enumerable.Range(0, 6).Select(Ask).ToArray();

        _calls[0].Answer.SetException(new LinkException("the connection was lost", sent: true));

        Assert.True((await Assert.ThrowsAsync<LinkException>(() => answers[0])).Sent);
        Assert.False((await Assert.ThrowsAsync<LinkException>(() => answers[4])).Sent);
        Assert.False((await Assert.ThrowsAsync<LinkException>(() => answers[5])).Sent);
        Assert.Equal(2, _calls.Count);
    }

    [Fact]
    public async Task A_refused_batch_fails_for_all_in_it_and_for_nobody_else()
    {
        var answers = Enumerable.Range(0, 6).Select(Ask).ToArray();
        Answer(0);
        await CalledAsync(3);

        _calls[2].Answer.SetException(new InvalidOperationException("refused"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => answers[4]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => answers[5]);
        Answer(1);
        Assert.Equal(10, await answers[1]);
        Assert.Equal(80, await AskAndAnswerAsync(8, call: 3));
    }

    [Fact]
    public async Task A_reply_that_lacks_an_answer_fails_all_that_it_was_for()
    {
        var answers = Enumerable.Range(0, 6).Select(Ask).ToArray();
        Answer(0);
        await CalledAsync(3);

        Answer(2, but: 1);

        await Assert.ThrowsAsync<InvalidDataException>(() => answers[4]);
        await Assert.ThrowsAsync<InvalidDataException>(() => answers[5]);
    }

    [Fact]
    public async Task What_was_taken_back_is_not_sent_and_what_was_sent_cannot_be()
    {
        var sent = Pending(0);
        _lane.Ask(sent);
        var answers = Enumerable.Range(1, 2).Select(Ask).ToArray();
        var waiting = Pending(3);
        _lane.Ask(waiting);

        Assert.False(sent.TryTakeBack());
        Assert.True(waiting.TryTakeBack());
        _time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.Equal((int[][])[[0], [1], [2]], _calls.Select(call => call.Asked));
        for (var call = 0; call < 3; call++) Answer(call);
        Assert.Equal((int[])[10, 20], await Task.WhenAll(answers));
        Assert.Equal(80, await AskAndAnswerAsync(8, call: 3));
    }

    [Fact]
    public async Task Who_blocks_after_its_answer_holds_up_nobody_else()
    {
        var answers = Enumerable.Range(0, 4).Select(Ask).ToArray();
        using var goOn = new ManualResetEventSlim();
        // In the call of two, on the thread that hands the answers out.
        var blocked = answers[2].ContinueWith(_ => goOn.Wait(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        Answer(0);
        await CalledAsync(3);

        Answer(2);

        Assert.Equal(30, await answers[3]);
        var next = Ask(5);
        await CalledAsync(4);
        Answer(3);
        Assert.Equal(50, await next);
        Assert.False(blocked.IsCompleted);
        goOn.Set();
        await blocked;
    }

    [Fact]
    public async Task What_waited_for_all_its_time_fails_unsent_and_takes_nobody_along()
    {
        // As many calls as there may be, and no answer to any.
        for (var i = 0; i < 64; i++)
        {
            _ = Ask(i);
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        var late = Ask(64);
        _time.Advance(TimeSpan.FromSeconds(4));
        var younger = Ask(65);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(64, _calls.Count);

        Answer(0);
        Assert.False((await Assert.ThrowsAsync<LinkException>(() => late)).Sent);
        await CalledAsync(65);
        Assert.Equal([65], _calls[64].Asked);
        Answer(64);
        Assert.Equal(650, await younger);
    }

    [Fact]
    public async Task Where_answers_are_large_few_share_a_call()
    {
        for (var i = 0; i < 2; i++) _ = Get(i);
        for (var call = 0; call < 2; call++)
        {
            // It leaves when the answered call is back, and shows that it is.
            _ = Get(call + 2);
            _calls[call].Answer.SetResult(Found(1, new byte[60_000]));
            await CalledAsync(call + 3);
        }

        _ = Enumerable.Range(0, 100).Select(Get).ToArray();
        _time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.All(_calls, call => Assert.InRange(call.Asked.Length, 1, 17));
        Assert.InRange(_calls.Count, 6, 8);
    }

    private Task<string?> Get(int number)
    {
        var get = new PendingGet(new(_time), Writes.Bytes($"{number}"), new(_time, TimeSpan.FromSeconds(5)));
        _lane.Ask(get);
        return get.Answer.AsTask();
    }

    private static PackedReply Found(int count, byte[] value) =>
        BatchCalls.Pack(new ExecuteReply([.. Enumerable.Repeat(new OperationResult(Get: new(value, Writes.StampOf(1), Server: 1)), count)]));

    private PendingWrite Pending(int number) => new(new(_time), new(OperationKind.Delete, Writes.Bytes($"{number}")), new(_time, TimeSpan.FromSeconds(5)));

    /// <summary>Writes a number as a key; its answer is the sequence that it got.</summary>
    private async Task<int> Ask(int number)
    {
        var write = Pending(number);
        _lane.Ask(write);
        return (int)(await write.Answer).Sequence;
    }

    private void Answer(int call, int but = 0) => _calls[call].Answer.SetResult(Written(_calls[call].Asked[..^but]));

    private static PackedReply Written(int[] numbers) =>
        BatchCalls.Pack(new ExecuteReply([.. numbers.Select(asked => new OperationResult(Put: new(Writes.StampOf(1), (ulong)asked * 10, Server: 1)))]));

    private async Task<int> AskAndAnswerAsync(int number, int call)
    {
        var answer = Ask(number);
        await CalledAsync(call + 1);
        Answer(call);
        return await answer;
    }

    /// <summary>The lane goes on where the answer was awaited: on another thread, a moment after those who asked.</summary>
    private async Task CalledAsync(int times)
    {
        while (true)
        {
            lock (_calls)
            {
                if (_calls.Count >= times) return;
            }

            await Task.Yield();
        }
    }
}
