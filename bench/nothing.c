/* nothing - what bench_spawn starts: it ends at once. */
int main(void)
{
    return 0;
}
