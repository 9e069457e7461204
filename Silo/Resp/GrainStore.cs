using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Silo.Access;

namespace Cmud.Silo.Resp;

/// <summary>What a grain answered.</summary>
/// <param name="Value">The answer, where there is no failure.</param>
/// <param name="Failure">Why there is none.</param>
/// <param name="IsRefused">Whether that is because the grain refused, and so did nothing.</param>
internal readonly record struct Answered<T>(T Value, RespError? Failure = null, bool IsRefused = false)
    where T : struct;

/// <summary>The query grain behind a connection, whose failures are sentences for its client.</summary>
/// <remarks>No hybrid timestamp is carried along: the connection never leaves its query grain, whose clock has seen all it did.</remarks>
/// <param name="grain">The grain, as this client may use it.</param>
/// <param name="entrance">How the client got in; null where nobody asks.</param>
internal sealed class GrainStore(IQueryGrain grain, Entrance? entrance)
{
    /// <summary>Carries operations out, in order and in one call.</summary>
    public ValueTask<Answered<PackedReply>> Execute(PackedRequest request) => Ask(grain.Execute, request);

    /// <summary>Carries out one operation.</summary>
    public async ValueTask<Answered<OperationResult>> Execute(Operation operation)
    {
        var answer = await Ask(grain.Execute, BatchCalls.Pack(new ExecuteRequest([operation], Seen: 0)));
        return answer.Failure is null ? new(BatchCalls.Unpack(answer.Value).Results[0]) : new(default, answer.Failure, answer.IsRefused);
    }

    /// <summary>One page of a List.</summary>
    public ValueTask<Answered<ListReply>> List(byte[] prefix, byte[]? after, int limit) => Ask(grain.List, new ListRequest(prefix, after, limit, Seen: 0));

    /// <summary>Shows the pages of a List one after the other, until there is no more, the limit is reached, or no more is wanted.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="after">Only keys above this one; null for all.</param>
    /// <param name="limit">Most keys of all pages together.</param>
    /// <param name="take">Is shown each page; says whether it wants more.</param>
    /// <returns>Null, or why a page could not be read.</returns>
    public async ValueTask<RespError?> ReadPages(byte[] prefix, byte[]? after, int limit, Func<ListItem[], bool> take)
    {
        while (true)
        {
            var answer = await List(prefix, after, Math.Min(limit, Door.MaxPageEntries));
            if (answer.Failure is { } failure) return failure;

            var (items, more) = (answer.Value.Items, answer.Value.More);
            limit -= items.Length;
            if (!take(items) || !more || items.Length == 0 || limit <= 0) return null;

            after = items[^1].Key;
        }
    }

    private async ValueTask<Answered<T>> Ask<TRequest, T>(Func<TRequest, ValueTask<T>> call, TRequest request)
        where T : struct
    {
        if (entrance?.RefuseFlood() is { } flood) return Busy<T>(flood);

        try
        {
            return new(await call(request));
        }
        catch (Exception e) when (e is RefusedException or StoppingException or StorageFullException)
        {
            return new(default, new(e.Message), IsRefused: true);
        }
        catch (AccessDeniedException e)
        {
            entrance?.Note(e);
            return new(default, new(e.Message, e.IsUnknown ? "NOAUTH" : "NOPERM"), IsRefused: true);
        }
        catch (QuotaException e)
        {
            return new(default, new(e.Message, "OOM"), IsRefused: true);
        }
        catch (BusyException e)
        {
            return Busy<T>(e);
        }
        catch (StorageFailedException e)
        {
            return new(default, new(e.Message));
        }
        catch (TimeoutException)
        {
            return new(default, new("the query grain did not answer in time; a write may or may not have been stored, read it again"));
        }
        catch (Exception e)
        {
            // Whatever else a grain or a stopping silo throws: this client is told, and its connection lives on.
            return new(default, new($"the store could not answer: {e.Message}"));
        }
    }

    private static Answered<T> Busy<T>(BusyException busy)
        where T : struct => new(default, new(busy.Message, "BUSY"));
}
