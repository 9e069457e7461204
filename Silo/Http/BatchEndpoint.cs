using System.Text.Json;
using Cmud.Grains.Interfaces;
using Microsoft.AspNetCore.Http;

namespace Cmud.Silo.Http;

/// <summary>/v1/batch: many operations, carried out in order in one call; all of them, or none.</summary>
internal sealed class BatchEndpoint(QueryGrains grains, Body body)
{
    private int _underWay;

    /// <summary>POST.</summary>
    public async Task Post(HttpContext context)
    {
        try
        {
            var isOneTooMany = Interlocked.Increment(ref _underWay) > HttpBounds.Batches;
            await (isOneTooMany ? TooMany().Write(context) : Execute(context));
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private async Task Execute(HttpContext context)
    {
        var (operations, problem) = await Read(context);
        if (problem is not null)
        {
            await problem.Write(context);
            return;
        }

        var reply = await grains.For(context).Execute(new ExecuteRequest(operations, Seen: 0));
        await Json.Write(context.Response, new BatchReply([.. reply.Results.Select(BatchResult.Of)]), Json.Types.BatchReply);
    }

    private async ValueTask<(Operation[] Operations, Problem? Problem)> Read(HttpContext context)
    {
        // Also keeps web pages of others out: a browser sends this type across only where it was allowed to.
        if (!context.Request.HasJsonContentType()) return ([], Problems.MediaType("A batch is JSON: send it with Content-Type: application/json."));
        if ((KeyEndpoints.RefuseCondition(context.Request) ?? Parameters.Read(context.Request.QueryString, out _)) is { } refusal) return ([], refusal);

        var (bytes, problem) = await body.Read(context, HttpBounds.BatchBytes, static length =>
            Problems.Limit("batch-bytes", length, HttpBounds.BatchBytes, $"The batch has {(length is { } count ? $"{count:N0}" : "more")} bytes but may have at most {HttpBounds.BatchBytes:N0} (4 MiB); send it in parts.", StatusCodes.Status413PayloadTooLarge));
        if (problem is not null) return ([], problem);

        try
        {
            problem = BatchText.Read(JsonSerializer.Deserialize(bytes, Json.Types.BatchRequest), out var operations);
            return (operations, problem);
        }
        catch (JsonException e)
        {
            return ([], Problems.BadRequest($"The body is no batch: what is at {Where(e)} is no JSON, no part of a batch, of another type, or text with half of a surrogate pair; /openapi/v1.json tells what a batch is."));
        }
    }

    private static string Where(JsonException e) => $"{e.Path ?? "$"} (line {e.LineNumber + 1 ?? 1}, byte {e.BytePositionInLine + 1 ?? 1})";

    private static Problem TooMany() =>
        Problems.TooMany("batches", HttpBounds.Batches, $"{HttpBounds.Batches} batches are under way on this server, which is the most at a time; send this one a second later.");
}
