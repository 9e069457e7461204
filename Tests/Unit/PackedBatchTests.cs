using Cmud.Grains.Interfaces;
using Cmud.Replication;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>Batches on the wire: what comes out is what went in, and noise is refused and never believed.</summary>
public sealed class PackedBatchTests
{
    private static readonly Gen<byte[]> Bytes = Gen.Byte.Array[0, 40];

    private static readonly Gen<TimeSpan?> Time = Gen.Select(Gen.Bool, Gen.Long[0, TimeSpan.TicksPerDay * 4_000], static (has, ticks) => has ? new TimeSpan(ticks) : (TimeSpan?)null);

    private static readonly Gen<Stamp> Stamps = Gen.Select(Gen.ULong, Gen.ULong[0, 3], Gen.ULong[0, 2], Gen.UShort, static (time, server, life, grain) => new Stamp(new(time), new(new(server), life), grain));

    private static readonly Gen<Operation> Operations = Gen.Select(Gen.Int[0, 3], Bytes, Maybe(Bytes), Gen.Int, Time, static (kind, key, other, limit, time) => (OperationKind)kind switch
    {
        OperationKind.Put => new Operation(OperationKind.Put, key, other, TimeToLive: time),
        OperationKind.List => new Operation(OperationKind.List, key, After: other, Limit: limit),
        var simple => new Operation(simple, key),
    });

    private static readonly Gen<ListReply> Lists = Gen.Select(
        Gen.Select(Bytes, Bytes, Stamps, Time, static (key, value, stamp, time) => new ListItem(key, value, stamp, time)).Array[0, 5],
        Gen.Bool,
        Maybe(Gen.Select(Bytes, Stamps, static (key, stamp) => new HiddenKey(key, stamp)).Array[0, 5]),
        Gen.ULong,
        static (items, more, hidden, floor) => new ListReply(items, more, Server, hidden, floor));

    private static readonly Gen<OperationResult> Results = Gen.OneOf(
        Gen.Select(Maybe(Bytes), Stamps.Nullable(), Time, Gen.ULong, static (value, stamp, left, floor) => new OperationResult(Get: new GetReply(value, stamp, Server, left, floor))),
        Gen.Select(Stamps, Gen.ULong, Gen.Select(Gen.Bool, Gen.Long[0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()], static (never, expiry) => never ? Entry.Never : expiry), static (stamp, sequence, expiry) => new OperationResult(Put: new PutReply(stamp, sequence, Server, expiry))),
        Lists.Select(static list => new OperationResult(List: list)));

    private static readonly Gen<ServerLag[]?> Lags = Maybe(Gen.Select(Gen.ULong, Time, static (server, lag) => new ServerLag(server, lag)).Array[0, 4]);

    private const ulong Server = 0x1234_5678_9abc_def0;

    [Fact]
    public void A_request_comes_out_as_it_went_in() =>
        Gen.Select(Operations.Array[0, 20], Gen.ULong, Gen.Bool, Gen.Bool, static (operations, seen, asks, isBrief) => new ExecuteRequest(operations, seen, asks, isBrief)).Sample(request =>
            Assert.Equivalent(request, BatchCalls.Unpack(BatchCalls.Pack(request)), strict: true));

    [Fact]
    public void A_reply_comes_out_as_it_went_in() =>
        Gen.Select(Results.Array[0, 20], Lags, static (results, lags) => new ExecuteReply(results, lags)).Sample(reply =>
            Assert.Equal(Text(reply), Text(BatchCalls.Unpack(BatchCalls.Pack(reply)))));

    [Fact]
    public void Noise_and_what_is_cut_off_are_refused() => Gen.Byte.Array[0, 60].Sample(static noise =>
    {
        byte[] formed = [1, .. noise];
        foreach (var bytes in (byte[][])[noise, formed])
        {
            if (Record.Exception(() => BatchCalls.Unpack(new PackedRequest(bytes))) is { } first) Assert.IsType<InvalidDataException>(first);
            if (Record.Exception(() => BatchCalls.Unpack(new PackedReply(bytes))) is { } second) Assert.IsType<InvalidDataException>(second);
        }
    });

    /// <summary>A server and a client of different builds must agree on every byte.</summary>
    [Fact]
    public void The_bytes_of_a_batch_are_as_written_down()
    {
        var request = new ExecuteRequest([new(OperationKind.Get, "a"u8.ToArray()), new(OperationKind.Put, "b"u8.ToArray(), "c"u8.ToArray(), TimeToLive: new TimeSpan(5)), new(OperationKind.List, "d"u8.ToArray(), After: "e"u8.ToArray(), Limit: 7)], Seen: 300, AsksLags: true);
        var reply = new ExecuteReply([new(Get: new("v"u8.ToArray(), new Stamp(new(2), new(new(3), 4), 5), 6)), new(Put: new(new Stamp(new(7), new(new(3), 4), 5), 8, 6))], [new(9, null)]);

        Assert.Equal("0101AC020300016151016201630A22016401650E", Convert.ToHexString(BatchCalls.Pack(request).Bytes));
        Assert.Equal(
            "0106000000000000000230000300000000000000040000000000000002000000000000000501760100070000000000000005080209000000000000000" + "0",
            Convert.ToHexString(BatchCalls.Pack(reply).Bytes));
    }

    private static Gen<T?> Maybe<T>(Gen<T> gen)
        where T : class => Gen.Select(Gen.Bool, gen, static (has, value) => has ? value : null);

    /// <summary>All of it, arrays by what is in them.</summary>
    private static string Text(ExecuteReply reply) => string.Join('\n', reply.Results.Select(Text).Append(reply.Lags is null ? "no lags" : string.Join(", ", reply.Lags)));

    private static string Text(OperationResult result) => result switch
    {
        { Get: { } get } => $"{get with { Value = null }} {Text(get.Value)}",
        { Put: { } put } => $"{put}",
        { List: { } list } => string.Join(' ', [
            $"{list with { Items = [], Hidden = null }}",
            .. list.Items.Select(static item => $"{item with { Key = [], Value = [] }} {Text(item.Key)} {Text(item.Value)}"),
            list.Hidden is null ? "none hidden" : string.Join(' ', list.Hidden.Select(static hidden => $"{hidden.Stamp} {Text(hidden.Key)}"))]),
        _ => "nothing",
    };

    private static string Text(byte[]? bytes) => bytes is null ? "null" : $"[{Convert.ToHexString(bytes)}]";
}
