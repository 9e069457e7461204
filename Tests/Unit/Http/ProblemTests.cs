using System.Text.Json;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Silo.Http;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Cmud.Tests.Unit.Http;

public sealed class ProblemTests
{
    public static TheoryData<Exception, int, string> Thrown => new()
    {
        { new RefusedException("No."), 400, "refused" },
        { new StoppingException(), 503, "stopping" },
        { new StorageFullException("Full."), 503, "storage-full" },
        { new StorageFailedException("Failed."), 503, "storage-failed" },
        { new TimeoutException("30 s"), 504, "timeout" },
        { new BadHttpRequestException("Too slow.", 408), 408, "body-timeout" },
        { new BadHttpRequestException("Bad chunk."), 400, "bad-request" },
        { new InvalidOperationException("It broke.\nAt once."), 503, "unavailable" },
    };

    /// <summary>What the web server says of a body ends as it likes.</summary>
    [Theory]
    [InlineData("Bad chunk size data.", "The request cannot be read: Bad chunk size data.")]
    [InlineData("Invalid request header: ''", "The request cannot be read: Invalid request header: ''.")]
    public void What_cannot_be_read_is_a_sentence(string said, string sentence) => Assert.Equal(sentence, Problems.Of(new BadHttpRequestException(said)).Detail);

    [Theory]
    [MemberData(nameof(Thrown))]
    public void What_the_store_throws_has_a_status_and_a_kind(Exception thrown, int status, string kind)
    {
        var problem = Problems.Of(thrown);

        Assert.Equal((status, kind, status == 503), (problem.Status, problem.Kind, problem.RetryAfter is not null));
        Assert.DoesNotContain('\n', problem.Detail);
    }

    [Fact]
    public void A_limit_is_named_with_the_value_and_the_most()
    {
        var problem = Problems.RefuseKey(new byte[Door.MaxKeyBytes + 1])!;

        var json = JsonSerializer.SerializeToElement(problem, HttpJson.Default.Problem);

        Assert.Equal("urn:cmud:problem:limit", json.GetProperty("type").GetString());
        Assert.Equal("key-bytes", json.GetProperty("limit").GetString());
        Assert.Equal((1_025, 1_024, 400), (json.GetProperty("value").GetInt32(), json.GetProperty("max").GetInt32(), json.GetProperty("status").GetInt32()));
        Assert.False(json.TryGetProperty("kind", out _) || json.TryGetProperty("operation", out _));
    }

    [Theory]
    [InlineData(null, "The batch has no operations; write {\"operations\": [{\"op\": \"get\", \"key\": \"town/square\"}]}.")]
    [InlineData("[]", "The batch has 0 operations but must have 1 to 4,096; send it in parts.")]
    [InlineData("[null]", "Operation 0 of the batch: The op is missing but must be get, put, delete or list. Nothing of the batch was stored.")]
    [InlineData("[{\"op\":\"incr\"}]", "Operation 0 of the batch: The op is 'incr' but must be get, put, delete or list. Nothing of the batch was stored.")]
    [InlineData("[{\"op\":\"get\",\"key\":\"a\"},{\"op\":\"get\"}]", "Operation 1 of the batch: It has no key. Nothing of the batch was stored.")]
    [InlineData("[{\"op\":\"put\",\"key\":\"a\"}]", "Operation 0 of the batch: It has no value. Nothing of the batch was stored.")]
    [InlineData("[{\"op\":\"get\",\"key\":\"a\",\"value\":\"b\"}]", "Operation 0 of the batch: A get takes key and nothing else. Nothing of the batch was stored.")]
    [InlineData("[{\"op\":\"delete\",\"key\":\"a\",\"ttl\":1}]", "Operation 0 of the batch: A delete takes key and nothing else. Nothing of the batch was stored.")]
    [InlineData("[{\"op\":\"list\",\"key\":\"a\"}]", "Operation 0 of the batch: A list takes prefix, after, limit and nothing else. Nothing of the batch was stored.")]
    [InlineData("[{\"op\":\"list\",\"limit\":1001}]", "Operation 0 of the batch: The limit is 1,001 but must be from 1 to 1,000; ask for further pages by after. Nothing of the batch was stored.")]
    [InlineData("[{\"op\":\"put\",\"key\":\"a\",\"value\":\"b\",\"ttl\":true}]", "Operation 0 of the batch: The ttl 'true' is no time; write seconds, as in 30, or a number and a unit, as in 1500ms, 5m, 2h or 7d. Nothing of the batch was stored.")]
    public void A_batch_that_cannot_be_is_a_sentence(string? operations, string sentence)
    {
        var batch = JsonSerializer.Deserialize(operations is null ? "{}" : $"{{\"operations\":{operations}}}", HttpJson.Default.BatchRequest);

        Assert.Equal(sentence, BatchText.Read(batch, out var read)!.Detail);
        Assert.Empty(read);
    }

    [Fact]
    public void A_batch_asks_for_what_stands_in_it()
    {
        const string json = """{"operations":[{"op":"put","key":"a","value":"1","ttl":0.5},{"op":"put","key":"b","value":"","ttl":"5m"},{"op":"get","key":"a"},{"op":"delete","key":"b"},{"op":"list","prefix":"a","after":"aa","limit":7}]}""";

        Assert.Null(BatchText.Read(JsonSerializer.Deserialize(json, HttpJson.Default.BatchRequest), out var read));

        Assert.Equal([OperationKind.Put, OperationKind.Put, OperationKind.Get, OperationKind.Delete, OperationKind.List], read.Select(static operation => operation.Kind));
        Assert.Equal([TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5)], read[..2].Select(static operation => operation.TimeToLive!.Value));
        Assert.Equal(("a", "aa", 7), (Door.Decode(read[4].Key), Door.Decode(read[4].After!), read[4].Limit));
    }
}
