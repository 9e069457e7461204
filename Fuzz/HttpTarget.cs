using System.Text;
using System.Text.Json;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Silo.Http;
using Microsoft.AspNetCore.Http;

namespace Cmud.Fuzz;

/// <summary>What the HTTP gateway reads by itself: batches, and keys and parameters of targets. What it takes is within the store's bounds, and what it does not take is a problem of one line.</summary>
internal static class HttpTarget
{
    /// <summary>A target, or else a batch.</summary>
    public static IReadOnlyList<byte[]> Seeds() =>
    [
        "/v1/keys/town%2Fsquare?ttl=1.5h"u8.ToArray(),
        "/v1/keys?prefix=a%C3%A9&after=+b&limit=10"u8.ToArray(),
        """{"operations":[{"op":"put","key":"a","value":"\u00e9","ttl":"2h"},{"op":"get","key":"a"},{"op":"delete","key":"b"},{"op":"list","prefix":"","after":"a","limit":100}]}"""u8.ToArray(),
        """{"operations":[{"op":"put","key":"a","value":"1","ttl":60}]}"""u8.ToArray(),
    ];

    public static void Try(byte[] bytes)
    {
        if (bytes is [(byte)'/', ..]) TryTarget(Encoding.Latin1.GetString(bytes));
        else TryBatch(bytes);
    }

    private static void TryTarget(string target)
    {
        KeyPath.RefuseDotSegments(target);
        var refusal = KeyPath.Read(target, out var key);
        Check(refusal, key);

        var query = new QueryString(target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at ? target[at..] : "");
        refusal = ListEndpoint.Read(query, out var list);
        if (refusal is null) Target.Assert(Door.RefusePrefix(list.Prefix) is null && (list.After is null || Door.RefuseKey(list.After) is null), "A List is taken that the store refuses.");
        else Check(refusal);

        refusal = Parameters.Read(query, out var parameters, "ttl");
        if (refusal is not null) Check(refusal);
        else if (parameters.Text("ttl") is { } ttl && TimeToLiveText.Read(ttl, out var timeToLive) is var problem) Check(problem, timeToLive);
    }

    private static void TryBatch(byte[] bytes)
    {
        BatchRequest? batch;
        try
        {
            batch = JsonSerializer.Deserialize(bytes, Json.Types.BatchRequest);
        }
        catch (JsonException)
        {
            return;
        }

        if (BatchText.Read(batch, out var operations) is { } refusal)
        {
            Check(refusal);
            return;
        }

        foreach (var operation in operations)
        {
            if (operation.Kind == OperationKind.List) Target.Assert(Door.RefusePrefix(operation.Key) is null, "A prefix is taken that the store refuses.");
            else Check(null, operation.Key);
            if (operation.Kind == OperationKind.Put) Target.Assert(Door.RefuseValue(operation.Value) is null, "A value is taken that the store refuses.");
            if (operation.TimeToLive is { } timeToLive) Check(null, timeToLive);
        }

        var packed = BatchCalls.Pack(new ExecuteRequest(operations, Seen: 0));
        Target.Assert(BatchCalls.Unpack(packed).Operations.Length == operations.Length, "Operations are lost.");
    }

    private static void Check(Problem? refusal, byte[] key)
    {
        if (refusal is null) Target.Assert(Door.RefuseKey(key) is null, "A key is taken that the store refuses.");
        else Check(refusal);
    }

    private static void Check(Problem? refusal, TimeSpan timeToLive)
    {
        if (refusal is null) Target.Assert(Door.RefuseTimeToLive(timeToLive) is null, "A ttl is taken that the store refuses.");
        else Check(refusal);
    }

    private static void Check(Problem refusal)
    {
        Target.Assert(refusal.Status is >= 400 and < 500, $"{refusal.Status}");
        Target.Assert(refusal.Detail.EndsWith('.') && !refusal.Detail.AsSpan().ContainsAny('\r', '\n'), $"No sentence: {refusal.Detail}");
    }
}
